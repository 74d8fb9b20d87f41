using ResearchFreeze.Training;

namespace ResearchFreeze.Evaluation;

/// <summary>A control beside the method's own: a run of other settings.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Settings">Full training's settings, with what makes it the control.</param>
public sealed record OtherControl(string Name, RunSettings Settings);
