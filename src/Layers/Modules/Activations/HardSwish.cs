namespace ResearchFreeze.Layers;

/// <summary>x·(x + 3) / 6 between −3 and 3, 0 below, x above, element by element.</summary>
public sealed class HardSwish() : OneOperation(nameof(HardSwish), x => x.HardSwish());
