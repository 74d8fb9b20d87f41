using ResearchFreeze.Autograd;

namespace ResearchFreeze.Evaluation;

/// <summary>Fresh samples from one stream: standard normal inputs, an empty sum behind them, and the noise that goes onto the teacher's answers.</summary>
internal sealed class PlantedBatches(Device device, PlantedSettings settings, ulong seed, string name)
{
    private readonly RandomStream random = new(seed, $"planted/{name}");
    private readonly int width = ((settings.Units + 1) * settings.Inputs) + settings.Outputs;
    private readonly float[] state = new float[settings.BatchSize * (((settings.Units + 1) * settings.Inputs) + settings.Outputs)];
    private readonly float[] noise = new float[settings.BatchSize * settings.Outputs];

    /// <summary>Draws the next batch: the state (rows, inputs + outputs) that goes into the first unit, and the noise (rows, outputs).</summary>
    public (Tensor State, Tensor Noise) Next()
    {
        for (int row = 0; row < settings.BatchSize; row++) Fill(state.AsSpan(row * width, width - settings.Outputs), 1);
        Fill(noise, settings.Noise);
        return (Tensor.From(device, state, [settings.BatchSize, width]), Tensor.From(device, noise, [settings.BatchSize, settings.Outputs]));
    }

    /// <summary>Box and Muller's transform of 32-bit uniforms, both of its normals used: drawing samples is most of what a run costs.</summary>
    private void Fill(Span<float> values, double deviation)
    {
        const double Unit = 1.0 / (1L << 32);
        for (int i = 0; i < values.Length; i += 2)
        {
            double radius = deviation * Math.Sqrt(-2 * Math.Log((random.NextUInt32() + 1.0) * Unit));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * Unit * random.NextUInt32());
            values[i] = (float)(radius * cosine);
            if (i + 1 < values.Length) values[i + 1] = (float)(radius * sine);
        }
    }
}
