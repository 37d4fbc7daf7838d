"""Patches: single changes to a case, of which a counterfactual is a list; `kinds` names them all."""
