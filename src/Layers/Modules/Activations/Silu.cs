namespace ResearchFreeze.Layers;

/// <summary>x·σ(x), element by element.</summary>
public sealed class Silu() : OneOperation(nameof(Silu), x => x.Silu());
