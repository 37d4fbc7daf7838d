"""Names of those whose forecasts are scored side by side: the model and what knows no mechanism."""

MODEL = "model"
#: the same, averaged over sets of inputs that may be the true ones
IMPUTED = "model, inputs imputed"
CONSTANT = "constant hazards"
RENEWAL_STEP = "renewal step"
STEPS = "structural steps"
#: the same with empty cells filled from coarser ones: where it does better, it is the baseline to beat
BACKED_OFF = "structural steps, backed off"
NOBODY = "nobody moves"
#: the law, openings and habit, without a reason to want a seat
FRICTIONS = "frictions alone"
LOGIT = "logit on the inputs"
THRESHOLD = "threshold on the tie"
MEMBERS = "members of the rival club leave"
