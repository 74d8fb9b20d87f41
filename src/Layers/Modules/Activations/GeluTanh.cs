namespace ResearchFreeze.Layers;

/// <summary>x·Φ(x) by the tanh approximation, element by element.</summary>
public sealed class GeluTanh() : OneOperation(nameof(GeluTanh), x => x.GeluTanh());
