"""The model put to use: worlds compared, predictions scored."""
