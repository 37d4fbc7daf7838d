"""All kinds of patches, by the names under which a file asks for them."""

from tashkent.model.patches.acts import Answer, Forbid, Force, Propose
from tashkent.model.patches.events import AddEvent, FlipEvent, MoveEvent, RemoveEvent, RescaleEvent
from tashkent.model.patches.inputs import ChangeParameter, ChangeSeries
from tashkent.model.patches.law import (
    AddStatute,
    ChangeStatute,
    CloseClub,
    OpenClub,
    ReadOtherwise,
    RemoveClub,
    RemoveStatute,
)
from tashkent.model.patches.patch import Patch

#: kind of patch -> class
PATCHES: dict[str, type[Patch]] = {
    kind.model_fields["do"].default: kind
    for kind in (
        RemoveEvent,
        AddEvent,
        MoveEvent,
        FlipEvent,
        RescaleEvent,
        RemoveStatute,
        ChangeStatute,
        ReadOtherwise,
        AddStatute,
        OpenClub,
        CloseClub,
        ChangeSeries,
        Forbid,
        Force,
        Propose,
        Answer,
        RemoveClub,
        ChangeParameter,
    )
}
#: class -> kind of patch
PATCH_NAMES = {kind: name for name, kind in PATCHES.items()}
