"""The model against history: what is scored, the likelihood, baselines, the posterior, what is held out."""
