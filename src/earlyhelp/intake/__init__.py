"""From the exports of survey tools to a study's raw files, by rules that a person corrects."""
