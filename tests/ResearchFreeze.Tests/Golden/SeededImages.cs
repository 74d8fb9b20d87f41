namespace ResearchFreeze.Tests.Golden;

/// <summary>
/// The images of a training file, from the seed in its manifest: SplitMix64, a pattern for each class, the labels, noise over the patterns; all uniform in [−1, 1) and rounded to float32. Nothing in it
/// depends on the machine.
/// </summary>
internal sealed class SeededImages
{
    private readonly double[] values;
    private readonly int batch;
    private ulong state;

    public SeededImages(ImagesManifest manifest, int steps, int batch)
    {
        this.batch = batch;
        state = manifest.Seed;
        Pixels = manifest.Shape.Aggregate(1, (a, b) => a * b);
        double[] patterns = Uniform(manifest.Classes * Pixels);
        Labels = new int[steps * batch];
        for (int row = 0; row < Labels.Length; row++) Labels[row] = (int)(Next() * manifest.Classes);
        values = Uniform(Labels.Length * Pixels);
        for (int i = 0; i < values.Length; i++) values[i] = (float)(values[i] + (manifest.Strength * patterns[(Labels[i / Pixels] * Pixels) + (i % Pixels)]));
    }

    /// <summary>Of all steps.</summary>
    public int[] Labels { get; }

    public int Pixels { get; }

    /// <summary>The images of a step, which counts from 1.</summary>
    public ReadOnlySpan<double> Step(int step) => values.AsSpan((step - 1) * batch * Pixels, batch * Pixels);

    public ReadOnlySpan<int> LabelsOf(int step) => Labels.AsSpan((step - 1) * batch, batch);

    private double[] Uniform(int count)
    {
        var drawn = new double[count];
        for (int i = 0; i < count; i++) drawn[i] = (float)(-1 + (Next() * 2));
        return drawn;
    }

    private double Next()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
