namespace ResearchFreeze.Layers;

/// <summary>(x + 3) / 6 held between 0 and 1, element by element.</summary>
public sealed class HardSigmoid() : OneOperation(nameof(HardSigmoid), x => x.HardSigmoid());
