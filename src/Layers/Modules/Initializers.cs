using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Fills a parameter's start values from its own random stream.</summary>
public delegate void Initializer(RandomStream random, Shape shape, Span<float> values);

/// <summary>Start values. A parameter's stream is keyed by (seed, path), so adding a layer changes no other layer's start.</summary>
public static class Initializers
{
    /// <summary>Zero everywhere: biases.</summary>
    public static Initializer Zeros { get; } = (_, _, values) => values.Clear();

    /// <summary>One everywhere: scales.</summary>
    public static Initializer Ones { get; } = (_, _, values) => values.Fill(1);

    /// <summary>Uniform in ±gain·√(3 / fan-in), fan-in being the elements of one output's weights (He et al. 2015: gain √2 before a ReLU).</summary>
    public static Initializer KaimingUniform(double gain) => (random, shape, values) =>
    {
        double fanIn = shape.CountOf(1, shape.Rank);
        Uniform(random, values, gain * Math.Sqrt(3 / fanIn));
    };

    /// <summary>Uniform in ±√(6 / (fan-in + fan-out)) (Glorot and Bengio 2010).</summary>
    public static Initializer XavierUniform { get; } = (random, shape, values) =>
        Uniform(random, values, Math.Sqrt(6.0 / (shape.CountOf(1, shape.Rank) + shape[0])));

    /// <summary>The customary start for weights that feed this activation: Kaiming with gain √2 before a ReLU, Xavier otherwise.</summary>
    public static Initializer For(Activation activation) => activation == Activation.Relu ? KaimingUniform(Math.Sqrt(2)) : XavierUniform;

    private static void Uniform(RandomStream random, Span<float> values, double bound)
    {
        for (int i = 0; i < values.Length; i++) values[i] = (float)(bound * ((2 * random.NextDouble()) - 1));
    }
}
