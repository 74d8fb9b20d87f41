namespace ResearchFreeze.Layers;

/// <summary>x·Φ(x), the exact form, element by element.</summary>
public sealed class Gelu() : OneOperation(nameof(Gelu), x => x.Gelu());
