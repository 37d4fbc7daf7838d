"""The Economic Community of West African States since 1990, with the G5 Sahel and the Alliance of Sahel States."""
