"""Words for what the raw files name in code."""

from __future__ import annotations

LABELS = {
    # arms and waves
    "intervention": "Intervention",
    "comparison": "Comparison",
    "all": "All",
    "practitioners": "Practitioners",
    "baseline": "Baseline",
    "post_training": "Post-training",
    "endline": "Endline",
    "change": "Change",
    # measures
    "wai": "Working alliance (WAI)",
    "compassion_satisfaction": "Compassion satisfaction",
    "wai_bond": "Bond",
    "wai_goal": "Goal",
    "wai_task": "Task",
    "iam": "Appropriateness (IAM)",
    "fim": "Feasibility (FIM)",
    # characteristics
    "time_in_service": "Time in the service",
    "qualification_level": "Qualification level",
    "working_hours": "Working hours",
    "years_practising": "Years practising",
    "hours_per_week": "Hours per week",
    "families_supported": "Families supported",
    # views on the training (Figure 3.1)
    "pace_right": "Delivered at the right pace",
    "balance_right": "Theory and practice in balance",
    "complexity_right": "Right level of complexity",
    "relevant_to_role": "Relevant to my role",
    "well_organised": "Content well organised",
    "high_quality": "Training of high quality",
    "comfortable_asking": "Comfortable asking questions",
    "roleplay_helpful": "Role play helped learning",
    "know_more": "Would like to know more",
    # anticipated outcomes (Figure E.1)
    "understand_principles": "Understand systemic principles",
    "confident_applying": "Confident applying them",
    "explain_benefits": "Could explain the benefits",
    "administer_tools": "Able to administer the tools",
    "upload_scores": "Able to upload scores",
    "interpret_scores": "Able to interpret scores",
    # earlier experience
    "prior_systemic_training": "Formal systemic training",
    "prior_ors": "Used the ORS",
    "prior_srs": "Used the SRS",
    "child": "Children",
    "adult": "Adults",
}

# Designs of a trial (`power.DESIGNS`); "baseline" is also a wave.
DESIGN_LABELS = {
    "individual": "People randomised",
    "individual-baseline": "People with baseline",
    "parallel": "Teams, parallel",
    "baseline": "Teams with baseline",
    "stepped-wedge": "Teams, stepped wedge",
}


def label(name: object) -> str:
    """A name in words; what has no entry is shown as it stands, without underscores."""
    text = str(name)
    return LABELS.get(text, text.replace("_", " "))
