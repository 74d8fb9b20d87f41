namespace ResearchFreeze.Layers;

/// <summary>The mean over all pixels: images (n, height, width, channels) → (n, channels).</summary>
public sealed class GlobalAveragePool() : OneOperation(nameof(GlobalAveragePool), x => x.GlobalAveragePool());
