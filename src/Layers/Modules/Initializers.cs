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
    public static Initializer KaimingUniform(double gain) => (random, shape, values) => Uniform(random, values, gain * Math.Sqrt(3.0 / FanIn(shape)));

    /// <summary>Normal with deviation gain / √fan-in (He et al. 2015).</summary>
    public static Initializer KaimingNormal(double gain) => (random, shape, values) => Fill(random, values, gain / Math.Sqrt(FanIn(shape)));

    /// <summary>Normal with deviation gain / √fan-out, which keeps the size of gradients instead of outputs (He et al. 2015): torchvision's start of a ResNet's convolutions, with gain √2.</summary>
    public static Initializer KaimingNormalFanOut(double gain) => (random, shape, values) => Fill(random, values, gain / Math.Sqrt(FanOut(shape)));

    /// <summary>Uniform in ±√(6 / (fan-in + fan-out)) (Glorot and Bengio 2010).</summary>
    public static Initializer XavierUniform { get; } = (random, shape, values) => Uniform(random, values, Math.Sqrt(6.0 / (FanIn(shape) + FanOut(shape))));

    /// <summary>Normal with deviation √(2 / (fan-in + fan-out)) (Glorot and Bengio 2010).</summary>
    public static Initializer XavierNormal { get; } = (random, shape, values) => Fill(random, values, Math.Sqrt(2.0 / (FanIn(shape) + FanOut(shape))));

    /// <summary>Normal with mean 0 and this deviation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The deviation is negative or not finite.</exception>
    public static Initializer Normal(double deviation)
    {
        CheckDeviation(nameof(Normal), deviation);
        return (random, _, values) => Fill(random, values, deviation);
    }

    /// <summary>Normal with mean 0 and this deviation, drawn again where it is further than two deviations from 0; its own deviation is then 0.88 of it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The deviation is negative or not finite.</exception>
    public static Initializer TruncatedNormal(double deviation)
    {
        CheckDeviation(nameof(TruncatedNormal), deviation);
        return (random, _, values) =>
        {
            for (int i = 0; i < values.Length; i++)
            {
                double drawn = random.NextNormal();
                while (Math.Abs(drawn) > 2) drawn = random.NextNormal();
                values[i] = (float)(deviation * drawn);
            }
        };
    }

    /// <summary>The customary start for weights that feed this activation: Kaiming with gain √2 before a ReLU, Xavier otherwise.</summary>
    public static Initializer For(Activation activation) => activation == Activation.Relu ? KaimingUniform(Math.Sqrt(2)) : XavierUniform;

    /// <summary>Inputs of one output: weights are (out, in) or (out, kernel…, in), so all axes but the first.</summary>
    private static int FanIn(Shape shape) => shape.CountOf(1, shape.Rank);

    /// <summary>Outputs of one input: the kernel's elements times the first axis.</summary>
    private static int FanOut(Shape shape) => shape[0] * shape.CountOf(1, shape.Rank - 1);

    private static void CheckDeviation(string initializer, double deviation)
    {
        if (!(deviation >= 0) || double.IsInfinity(deviation)) throw new ArgumentOutOfRangeException(nameof(deviation), $"{initializer}: the deviation must be at least 0 and finite, found {deviation}.");
    }

    private static void Uniform(RandomStream random, Span<float> values, double bound)
    {
        for (int i = 0; i < values.Length; i++) values[i] = (float)(bound * ((2 * random.NextDouble()) - 1));
    }

    private static void Fill(RandomStream random, Span<float> values, double deviation)
    {
        for (int i = 0; i < values.Length; i++) values[i] = (float)(deviation * random.NextNormal());
    }
}
