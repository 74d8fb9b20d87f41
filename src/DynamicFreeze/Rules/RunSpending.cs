namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a run has cost so far, for rules that keep a budget. Seconds are the clock's: a rule that reads them says so in its reasons.</summary>
/// <param name="Steps">Steps taken.</param>
/// <param name="Flops">Operations done for training.</param>
/// <param name="FullFlops">What the same steps would have done with nothing frozen; NaN: not known.</param>
/// <param name="Seconds">Seconds of training, data included, evaluation not.</param>
/// <param name="FullSeconds">What the same steps would have taken with nothing frozen: those that were taken so as they were, slow first ones included, and a full step for each other; NaN: not known.</param>
/// <param name="FullStepSeconds">Seconds of a step with nothing frozen: the mean of the later half of those taken; NaN: too few were.</param>
public sealed record RunSpending(int Steps, double Flops, double FullFlops, double Seconds, double FullSeconds, double FullStepSeconds);
