namespace ResearchFreeze.Peers;

/// <summary>
/// A generator of our own (SplitMix64), so that inputs do not depend on a libtorch version. Every value is exactly a float32, so that one file serves float32 and float64 alike.
/// </summary>
internal sealed class SeededData(ulong seed)
{
    private ulong state = seed;

    /// <summary>A value in [0, 1).</summary>
    public double Next()
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    public int Below(int limit) => (int)(Next() * limit);

    public double[] Uniform(int count, double low, double high)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = (float)(low + (Next() * (high - low)));
        return values;
    }

    public double[] Normal(int count)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - Next())) * Math.Cos(2 * Math.PI * Next()));
        return values;
    }

    /// <summary>Inputs of a standard normal distribution, labelled by the largest output of one fixed random linear map: something a network can learn.</summary>
    public static (double[] Inputs, int[] Labels) Classes(ulong seed, int rows, int features, int classes)
    {
        var random = new SeededData(seed);
        double[] teacher = random.Normal(features * classes), inputs = random.Normal(rows * features);
        int[] labels = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            double best = double.NegativeInfinity;
            for (int c = 0; c < classes; c++)
            {
                double score = 0;
                for (int f = 0; f < features; f++) score += inputs[(row * features) + f] * teacher[(c * features) + f];
                if (score <= best) continue;
                best = score;
                labels[row] = c;
            }
        }
        return (inputs, labels);
    }

    /// <summary>
    /// A pattern for each class, times <paramref name="strength"/>, and noise over it, both uniform in [−1, 1). Without a function whose last bit depends on the machine, so that a seed stands for the images.
    /// </summary>
    public static (double[] Inputs, int[] Labels) Patterns(ulong seed, int rows, int features, int classes, double strength)
    {
        var random = new SeededData(seed);
        double[] patterns = random.Uniform(classes * features, -1, 1);
        int[] labels = new int[rows];
        for (int row = 0; row < rows; row++) labels[row] = random.Below(classes);
        double[] inputs = random.Uniform(rows * features, -1, 1);
        for (int i = 0; i < inputs.Length; i++) inputs[i] = (float)(inputs[i] + (strength * patterns[(labels[i / features] * features) + (i % features)]));
        return (inputs, labels);
    }
}
