namespace ResearchFreeze.Evaluation;

/// <summary>What a run took and what it gave.</summary>
/// <param name="Operations">Operations of training, freezing's own included.</param>
/// <param name="Loss">Loss on held-out data.</param>
public readonly record struct RunCost(double Operations, double Loss);
