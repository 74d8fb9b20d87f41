namespace ResearchFreeze.Layers;

/// <summary>1 / (1 + e⁻ˣ), element by element.</summary>
public sealed class Sigmoid() : OneOperation(nameof(Sigmoid), x => x.Sigmoid());
