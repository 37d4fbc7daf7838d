"""Malformed cases: parameters, theories and evidence."""

from pathlib import Path

import pytest

from tests.case_changes import (
    Change,
    add,
    bad,
    check_refused,
    drop,
    number,
    remove,
    swap,
    write,
)

BAD = [
    # parameters.toml
    bad(
        "a weight is no term",
        swap("parameters.toml", "protection =", "protecton ="),
        "parameters.toml: a weight: 'protecton' is not valid; allowed: protection, … (nearest valid name: "
        "protection)",
    ),
    bad(
        "a friction is misspelt",
        swap("parameters.toml", "obligation =", "obligatoin ="),
        "parameters.toml: a friction: 'obligatoin' is not valid; allowed: accede, … (nearest valid name: "
        "obligation)",
    ),
    bad(
        "a weight stands under another role",
        swap("parameters.toml", 'coercion = { role = "weight"', 'coercion = { role = "friction"'),
        "parameters.toml: a friction: 'coercion' is not valid; allowed: accede, …",
    ),
    bad(
        "a role of a parameter is misspelt",
        swap("parameters.toml", '"council", mean = -5', '"counsel", mean = -5'),
        "parameters.toml: objection.role: 'counsel' is not valid; allowed: 'weight', … (nearest valid name: "
        "council)",
    ),
    bad(
        "a friction is missing",
        drop("parameters.toml", "renew ="),
        "parameters.toml: renew: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "a parameter of councils is missing",
        drop("parameters.toml", "objection_rivalry ="),
        "parameters.toml: objection_rivalry: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "a fixed parameter is missing",
        drop("parameters.toml", "event_step ="),
        "parameters.toml: event_step: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "there are no weights",
        drop("parameters.toml", 'weight"'),
        "parameters.toml: weight: 'missing' is not valid; allowed: at least one of protection, …",
    ),
    bad(
        "a prior has no sd",
        swap("parameters.toml", "mean = -4, sd = 1.5", "mean = -4"),
        "parameters.toml: accede.sd: None is not valid; allowed: an sd for a friction",
    ),
    bad(
        "a fixed parameter has an sd",
        swap("parameters.toml", "mean = 24", "mean = 24, sd = 6"),
        "parameters.toml: opening_months.sd: 6.0 is not valid; allowed: no sd for a fixed",
    ),
    bad(
        "an sd is zero",
        swap("parameters.toml", "mean = -4, sd = 1.5", "mean = -4, sd = 0"),
        "parameters.toml: accede.sd: 0.0 is not valid; allowed: greater than 0",
    ),
    bad(
        "an sd is infinite",
        swap("parameters.toml", "mean = -4, sd = 1.5", "mean = -4, sd = inf"),
        "parameters.toml: accede.sd: inf is not valid; allowed: a finite number",
    ),
    bad(
        "a mean is no number",
        swap("parameters.toml", "mean = -4", "mean = nan"),
        "parameters.toml: accede.mean: nan is not valid; allowed: a finite number",
    ),
    bad(
        "a mean is infinite",
        swap("parameters.toml", "mean = -4", "mean = -inf"),
        "parameters.toml: accede.mean: -inf is not valid; allowed: a finite number",
    ),
    bad(
        "a mean is a text",
        swap("parameters.toml", "mean = -4", 'mean = "-4"'),
        "parameters.toml: accede.mean: '-4' is not valid; allowed: a valid number",
    ),
    bad(
        "a mean is a truth value",
        swap("parameters.toml", "mean = -4", "mean = true"),
        "parameters.toml: accede.mean: True is not valid; allowed: a valid number",
    ),
    bad(
        "a mean has hundreds of digits",
        swap("parameters.toml", "mean = -4", "mean = 1" + "0" * 400),
        "parameters.toml: accede.mean: 1000… is not valid; allowed: a valid number",
    ),
    bad(
        "a mean is missing",
        swap("parameters.toml", "mean = -4, ", ""),
        "parameters.toml: accede.mean: 'missing' is not valid; allowed: a value for mean",
    ),
    bad(
        "a key of a parameter is misspelt",
        swap("parameters.toml", 'reason = "Accession is rare."', 'raeson = "Accession is rare."'),
        "parameters.toml: accede.raeson: 'raeson' is not valid; allowed: the keys … (nearest valid name: reason)",
    ),
    bad(
        "a window has no months",
        swap("parameters.toml", "mean = 24", "mean = 0"),
        "parameters.toml: opening_months.mean: 0.0 is not valid; allowed: a number above 0",
    ),
    bad(
        "a half-life is zero",
        swap("parameters.toml", "mean = 12", "mean = 0.0"),
        "parameters.toml: fear_half_life.mean: 0.0 is not valid; allowed: a number above 0",
    ),
    bad(
        "a half-life is below zero",
        swap("parameters.toml", "mean = 36", "mean = -36"),
        "parameters.toml: leverage_half_life.mean: -36.0 is not valid; allowed: a number above 0",
    ),
    bad(
        "a step turns ties round",
        swap(
            "parameters.toml",
            'mean = 0.5, unit = "units of tie per event"',
            'mean = -0.5, unit = "units of tie per event"',
        ),
        "parameters.toml: event_step.mean: -0.5 is not valid; allowed: 0 or more",
    ),
    bad(
        "a source of a parameter is misspelt",
        swap("parameters.toml", '"JUDGED"', '"JUGDED"'),
        "parameters.toml: protection.source: 'JUGDED' is not valid; allowed: TALE, JUDGED (nearest valid name: "
        "JUDGED)",
    ),
    # evidence
    bad(
        "a year of a composite is missing",
        drop("evidence/composites.csv", "raids,BOR,2005"),
        "evidence/composites.csv: raids BOR 2005: 'missing' is not valid; allowed: a row for each year 2001-2010",
    ),
    bad(
        "a composite stands twice",
        add("evidence/composites.csv", "raids,BOR,2005,0.5,0.0"),
        "evidence/composites.csv: raids BOR: 2005 is not valid; allowed: each year once",
    ),
    bad(
        "a state of a composite is misspelt",
        swap("evidence/composites.csv", "raids,ARV,2001", "raids,ARW,2001"),
        "evidence/composites.csv: row ….state: 'ARW' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "a composite is the patron's",
        add("evidence/composites.csv", "raids,COR,2001,0.0,0.0"),
        "evidence/composites.csv: row ….state: 'COR' is not valid; allowed: ARV, BOR (nearest valid name: BOR)",
    ),
    bad(
        "a tie in one row is misspelt",
        swap("evidence/composites.csv", "tie_rim,BOR,2003", "tie_rmi,BOR,2003"),
        "evidence/composites.csv: tie_rim BOR 2003: 'missing' is not valid; allowed: a row for each year 2001-2010",
    ),
    bad(
        "ties to the patron are missing",
        drop("evidence/composites.csv", "tie_patron"),
        "evidence/composites.csv: variable: 'missing' is not valid; allowed: rows of tie_patron",
    ),
    bad(
        "a composite is no number",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,nan,0.0"),
        "evidence/composites.csv: line 4.value: 'nan' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite is infinite",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,1e999,0.0"),
        "evidence/composites.csv: line 4.value: '1e999' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite is empty",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,,0.0"),
        "evidence/composites.csv: line 4.value: '' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite has a decimal comma",
        swap("evidence/composites.csv", "2003,1.5,0.0", '2003,"1,5",0.0'),
        "evidence/composites.csv: line 4.value: '1,5' is not valid; allowed: a finite number",
    ),
    bad(
        "a composite's error is below zero",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003,1.5,-0.1"),
        "evidence/composites.csv: line 4.sd: '-0.1' is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a composite's year has a decimal point",
        swap("evidence/composites.csv", "2003,1.5,0.0", "2003.0,1.5,0.0"),
        "evidence/composites.csv: line 4.year: '2003.0' is not valid; allowed: a whole number",
    ),
    bad(
        "a rivalry is above one",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BOR,2004,1.1"),
        "evidence/rivalry.csv: line 3.value: '1.1' is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "a rivalry is below zero",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BOR,2004,-0.1"),
        "evidence/rivalry.csv: line 3.value: '-0.1' is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a rivalry is no number",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BOR,2004,inf"),
        "evidence/rivalry.csv: line 3.value: 'inf' is not valid; allowed: a finite number",
    ),
    bad(
        "a state of a rivalry is misspelt",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "AVR,BOR,2004,1.0"),
        "evidence/rivalry.csv: row ….state: 'AVR' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "a rival of a rivalry is misspelt",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,BRO,2004,1.0"),
        "evidence/rivalry.csv: row … (ARV).rival: 'BRO' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a state is its own rival",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,ARV,2004,1.0"),
        "evidence/rivalry.csv: row … (ARV).rival: 'ARV' is not valid; allowed: BOR",
    ),
    bad(
        "the patron is a rival",
        swap("evidence/rivalry.csv", "ARV,BOR,2004,1.0", "ARV,COR,2004,1.0"),
        "evidence/rivalry.csv: row … (ARV).rival: 'COR' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a rivalry stands twice",
        add("evidence/rivalry.csv", "ARV,BOR,2004,0.5"),
        "evidence/rivalry.csv: ARV BOR: 2004 is not valid; allowed: each year once",
    ),
    # regions, needs that teach, offers, separate instruments and theories
    bad(
        "a parameter of councils is said to be fitted or not",
        swap(
            "parameters.toml",
            'release = { role = "council"',
            'release = { role = "council", fitted = false',
        ),
        "parameters.toml: release.fitted: False is not valid; allowed: given for weights and frictions only",
    ),
    bad(
        "a fixed parameter is said not to be fitted",
        swap(
            "parameters.toml",
            'witness = { role = "fixed"',
            'witness = { role = "fixed", fitted = false',
        ),
        "parameters.toml: witness.fitted: False is not valid; allowed: given for weights and frictions only",
    ),
    bad(
        "whether a weight is fitted is a text",
        swap("parameters.toml", "fitted = false,", 'fitted = "no",'),
        "parameters.toml: courtship.fitted: 'no' is not valid; allowed: a valid boolean",
    ),
    bad(
        "whether a weight is fitted is misspelt",
        swap("parameters.toml", "fitted = false,", "fited = false,"),
        "parameters.toml: courtship.fited: 'fited' is not valid; allowed: the keys … (nearest valid name: fitted)",
    ),
    *(
        bad(
            f"a weight is misspelt as {wrong}",
            swap("parameters.toml", f"{right} =", f"{wrong} ="),
            f"parameters.toml: a weight: '{wrong}' is not valid; allowed: protection, … (nearest valid name: {right})",
        )
        for right, wrong in (
            ("regime_security", "regime_securty"),
            ("coercion", "cohersion"),
            ("outside_option", "outside_options"),
            ("entrapment", "entrapmnt"),
            ("compliance", "complience"),
            ("contagion", "contagoin"),
            ("courtship", "courtshp"),
        )
    ),
    bad(
        "a weight has the name of a term that is no more",
        swap("parameters.toml", "coercion =", "menace ="),
        "parameters.toml: a weight: 'menace' is not valid; allowed: protection, …",
    ),
    bad(
        "the friction of exits is missing",
        drop("parameters.toml", "exit ="),
        "parameters.toml: exit: 'missing' is not valid; allowed: a table for it",
    ),
    bad(
        "the friction of exits has the name of one route",
        swap("parameters.toml", "exit =", "withdraw ="),
        "parameters.toml: a friction: 'withdraw' is not valid; allowed: accede, restore, obligation, …",
    ),
    bad(
        "the friction of exits is not scored",
        swap("parameters.toml", 'exit = { role = "friction"', 'exit = { role = "unscored"'),
        "parameters.toml: a unscored: 'exit' is not valid; allowed: lock, freeze, resume, observe…",
    ),
    bad(
        "the price of restoration is a friction",
        swap("parameters.toml", "lock =", "restoration ="),
        "parameters.toml: a unscored: 'restoration' is not valid; allowed: lock, freeze, resume, observe…",
    ),
    *(
        bad(
            f"there is no {name}",
            drop("parameters.toml", f"{name} ="),
            f"parameters.toml: {name}: 'missing' is not valid; allowed: a table for it",
        )
        for name in (
            "release",
            "patron_reluctance",
            "court",
            "belief_half_life",
            "witness",
            "forum_stake",
            "contagion_months",
            "participation_months",
            "courtship_months",
        )
    ),
    *(
        bad(
            f"the parameter of councils {right} is misspelt",
            swap("parameters.toml", f"\n{right} =", f"\n{wrong} ="),
            f"parameters.toml: a council: '{wrong}' is not valid; allowed: objection, … (nearest valid name: {right})",
        )
        for right, wrong in (
            ("release", "relaese"),
            ("patron_reluctance", "patron_reluctace"),
            ("court", "courts"),
        )
    ),
    *(
        bad(
            f"the parameter of councils {name} has no sd",
            swap(
                "parameters.toml",
                f'\n{name} = {{ role = "council"',
                f'\n{name} = {{ role = "fixed"',
            ),
            f"parameters.toml: a fixed: '{name}' is not valid; allowed: opening_months, …",
        )
        for name in ("release", "patron_reluctance", "court")
    ),
    *(
        bad(
            f"{name} takes no time",
            number(name, value),
            f"parameters.toml: {name}.mean: {value} is not valid; allowed: a number above 0",
        )
        for name, value in (
            ("belief_half_life", "0.0"),
            ("contagion_months", "-12.0"),
            ("participation_months", "0.0"),
            ("courtship_months", "-1.0"),
        )
    ),
    *(
        bad(
            f"{name} is no share: {value}",
            number(name, value),
            f"parameters.toml: {name}.mean: {value} is not valid; allowed: a number from 0 to 1",
        )
        for name in ("witness", "forum_stake")
        for value in ("-0.1", "1.5")
    ),
    *(
        bad(
            f"{name} has a prior",
            swap(
                "parameters.toml",
                f'\n{name} = {{ role = "fixed",',
                f'\n{name} = {{ role = "fixed", sd = 1,',
            ),
            f"parameters.toml: {name}.sd: 1.0 is not valid; allowed: no sd for a fixed",
        )
        for name in (
            "belief_half_life",
            "contagion_months",
            "participation_months",
            "courtship_months",
        )
    ),
    bad(
        "there is no table of theories",
        remove("theories.toml"),
        "theories.toml: file: 'missing' is not valid; allowed: a case has …",
    ),
    bad(
        "a theory is a list of terms",
        write("theories.toml", 'fear = ["protection"]'),
        "theories.toml: fear: ['protection'] is not valid; allowed: a table",
    ),
    bad(
        "a term of a theory is misspelt",
        swap("theories.toml", '"abandonment"', '"abandonmnt"'),
        "theories.toml: fear.terms: 'abandonmnt' is not valid; allowed: protection, … (nearest valid name: "
        "abandonment)",
    ),
    bad(
        "a term of a theory has no weight",
        swap("theories.toml", '"abandonment"', '"dues"'),
        "theories.toml: fear.terms: 'dues' is not valid; allowed: protection, …",
    ),
    bad(
        "a theory has the name of a term",
        swap("theories.toml", "[fear]", "[protection]"),
        "theories.toml: protection: 'protection, abandonment' is not valid; allowed: a name that no term has",
    ),
    bad(
        "a theory has no terms",
        swap("theories.toml", 'terms = ["patronage", "courtship"]\n', ""),
        "theories.toml: hierarchy.terms: 'missing' is not valid; allowed: a value for terms",
    ),
    bad(
        "a theory says nothing",
        swap("theories.toml", '"States follow whom they depend on."', '""'),
        "theories.toml: hierarchy.says: '' is not valid; allowed: String should have at least 1 character",
    ),
    bad(
        "a key of a theory is misspelt",
        swap("theories.toml", "says", "say"),
        "theories.toml: fear.say: 'say' is not valid; allowed: the keys … (nearest valid name: says)",
    ),
    bad(
        "there is no table of bonds",
        remove("evidence/bonds.csv"),
        "evidence/bonds.csv: file: 'missing' is not valid; allowed: a case has …",
    ),
    bad(
        "a bond is above one",
        swap("evidence/bonds.csv", "ARV,BOR,2004,0.1", "ARV,BOR,2004,1.1"),
        "evidence/bonds.csv: line 8.value: '1.1' is not valid; allowed: less than or equal to 1",
    ),
    bad(
        "a bond is below zero",
        swap("evidence/bonds.csv", "ARV,BOR,2004,0.1", "ARV,BOR,2004,-0.1"),
        "evidence/bonds.csv: line 8.value: '-0.1' is not valid; allowed: greater than or equal to 0",
    ),
    bad(
        "a state of a bond is misspelt",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "AVR,BOR,2004"),
        "evidence/bonds.csv: row ….state: 'AVR' is not valid; allowed: ARV, BOR (nearest valid name: ARV)",
    ),
    bad(
        "a partner is misspelt",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "ARV,BRO,2004"),
        "evidence/bonds.csv: row … (ARV).partner: 'BRO' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "the partner is the patron",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "ARV,COR,2004"),
        "evidence/bonds.csv: row … (ARV).partner: 'COR' is not valid; allowed: BOR (nearest valid name: BOR)",
    ),
    bad(
        "a state is bound to itself",
        swap("evidence/bonds.csv", "ARV,BOR,2004", "ARV,ARV,2004"),
        "evidence/bonds.csv: row … (ARV).partner: 'ARV' is not valid; allowed: BOR",
    ),
    bad(
        "a bond stands twice",
        add("evidence/bonds.csv", "ARV,BOR,2004,0.2"),
        "evidence/bonds.csv: ARV BOR: 2004 is not valid; allowed: each year once",
    ),
    bad(
        "partners stand in the column of rivals",
        swap("evidence/bonds.csv", "partner", "rival"),
        "evidence/bonds.csv: column: 'rival' is not valid; allowed: state, partner, year, value…",
    ),
    *(
        bad(
            f"{sentence} {variable}",
            change(variable),
            f"evidence/composites.csv: {variable} {line}",
        )
        for variable in ("means", "autonomy")
        for sentence, change, line in (
            (
                "nobody has",
                lambda name: drop("evidence/composites.csv", f"{name},"),
                "ARV 2001: 'missing' is not valid; allowed: a row for each year 2001-2010",
            ),
            (
                "a year is missing of",
                lambda name: drop("evidence/composites.csv", f"{name},BOR,2005"),
                "BOR 2005: 'missing' is not valid; allowed: a row for each year 2001-2010",
            ),
            (
                "a state is misspelt without",
                lambda name: swap(
                    "evidence/composites.csv", f"{name},BOR,2010", f"{name},BOR,2011"
                ),
                "BOR 2010: 'missing' is not valid; allowed: a row for each year 2001-2010",
            ),
            (
                "a year stands twice of",
                lambda name: add("evidence/composites.csv", f"{name},ARV,2003,0.0,0.0"),
                "ARV: 2003 is not valid; allowed: each year once",
            ),
        )
    ),
]


@pytest.mark.parametrize(("change", "line"), BAD)
def test_a_malformed_case_is_one_line(folder: Path, change: Change, line: str) -> None:
    check_refused(folder, change, line)
