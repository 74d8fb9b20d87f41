using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

// Normalisation over the batch and within a sample, log-softmax.
public abstract partial class GpuParity
{
    /// <summary>One channel, tiles that are not full, several tiles, several chunks of rows, no rows.</summary>
    private IEnumerable<BatchNormShape> BatchNorms =>
        from size in ((int Rows, int Channels)[])(IsFast
            ? [(1, 1), (2, 1), (300, 1), (257, 3), (5, 16), (70, 31), (33, 32), (40, 33), (3, 300), (256, 32), (257, 32), (8193, 1), (3000, 5), (600, 40), (0, 3)]
            : [(1, 1), (9, 3), (3, 34), (0, 2)])
        select new BatchNormShape(size.Rows, size.Channels, 1e-3f);

    private IEnumerable<GroupNormShape> GroupNorms =>
        from shape in (GroupNormShape[])(IsFast
            ?
            [
                new(1, 1, 1, 1, 1e-3f, true), new(1, 1, 1, 7, 1e-3f, true), new(5, 1, 1, 64, 1e-3f, true), new(13, 1, 1, 129, 1e-3f, true), new(3, 1, 1, 2000, 1e-3f, true), new(700, 1, 1, 33, 1e-3f, true),
                new(9, 1, 3, 5, 1e-3f, true), new(2, 9, 1, 1, 1e-3f, true), new(3, 16, 4, 1, 1e-3f, true), new(2, 25, 4, 2, 1e-3f, true), new(2, 49, 2, 8, 1e-3f, true), new(1, 900, 2, 17, 1e-3f, true), new(0, 4, 2, 3, 1e-3f, true),
            ]
            : [new(2, 1, 1, 7, 1e-3f, true), new(2, 4, 2, 3, 1e-3f, true), new(0, 4, 2, 3, 1e-3f, true)])
        from isCentered in (bool[])[true, false]
        select shape with { IsCentered = isCentered };

    [Fact]
    public void Moments()
    {
        // Relative to the deviation, whatever the mean, and if the first row of all is like no other.
        foreach ((float center, float spread, float first) in ((float, float, float)[])(IsFast ? [(0, 1, 0), (1000, 1, -7000), (-20000, 4, -20000), (0.125f, 0, 0.125f), (3e-5f, 1e-6f, 0)] : [(1000, 1, 1000)]))
        {
            // The last has more chunks than a group has threads.
            foreach (BatchNormShape shape in IsFast && first == -7000 ? BatchNorms.Append(new BatchNormShape(66_000, 18, 1e-3f)) : BatchNorms)
            {
                double[][] found = GpuBench.Run(Device, Compute);
                using var reference = new ReferenceDevice();
                double[][] expected = GpuBench.Run(reference, Compute);
                for (int i = 0; i < expected[1].Length; i++)
                {
                    double mean = expected[1][i], variance = expected[2][i];
                    bool isSame = mean.Equals(found[1][i]) && variance.Equals(found[2][i]);
                    bool isClose = Math.Abs(found[1][i] - mean) <= (1.2e-7 * Math.Abs(mean)) + (1e-6 * Math.Sqrt(variance)) && Math.Abs(found[2][i] - variance) <= 4e-6 * variance;
                    Assert.True(isSame || isClose, $"{shape} about {center} ± {spread}, channel {i}: expected {mean:R} and {variance:R}, found {found[1][i]:R} and {found[2][i]:R} on {Device}.");
                }

                void Compute(GpuBench b)
                {
                    var values = new float[shape.Rows * shape.Channels];
                    var random = new RandomStream(5, "moments");
                    for (int i = 0; i < values.Length; i++) values[i] = i < shape.Channels ? first : center + (spread * ((2 * (float)random.NextDouble()) - 1));
                    TensorRange x = b.Reals(values), mean = b.Output(shape.Channels);
                    b.Device.Moments(shape, x, mean, b.Output(shape.Channels));
                }
            }
        }
    }

    [Fact]
    public void BatchNorm() => Check(2 * Tolerance, b =>
    {
        int turn = 0;
        foreach (BatchNormShape shape in BatchNorms)
        {
            int count = shape.Rows * shape.Channels;
            TensorRange x = b.Input(count), mean = b.Input(shape.Channels), variance = b.Input(shape.Channels, positive: true), gamma = Small(b, shape.Channels, 4), shift = b.Input(shape.Channels);
            foreach (Activation activation in IsFast ? Enum.GetValues<Activation>() : [Activation.Tanh])
            {
                b.Device.BatchNorm(shape, x, mean, variance, gamma, shift, null, b.Output(count), activation);
                b.Device.BatchNorm(shape, x, mean, variance, gamma, shift, b.Input(count), b.Output(count), activation);
            }
            float beta = Betas[turn++ % Betas.Length];
            // Sums of about 1, and what they are if the shape is large.
            TensorRange dz = Small(b, count, shape.Rows), dgamma = b.Input(shape.Channels), dbeta = b.Input(shape.Channels);
            b.Device.BatchNormScaleGradient(shape, x, mean, variance, dz, b.Output(shape.Channels, beta), beta);
            b.Device.BatchNormInputGradient(shape, x, mean, variance, gamma, b.Input(count), dgamma, dbeta, b.Output(count, beta), beta);
            b.Device.BatchNormScale(shape, variance, gamma, dz, b.Output(count, beta), beta);
            b.Device.BatchNormScale(shape, variance, gamma, dz, dz, beta);
        }
    });

    [Fact]
    public void UpdateMoments() => Check(Tolerance, b =>
    {
        TensorRange mean = b.Reals(1, float.NaN, 2, float.PositiveInfinity, -3), variance = b.Reals(0.5f, 1, float.NegativeInfinity, 1, 2);
        b.Device.UpdateMoments(new BatchNormShape(10, 5, 0), 0.1f, mean, variance, b.Input(5), b.Input(5, positive: true));
    });

    [Fact]
    public void GroupNorm() => Check(2 * Tolerance, b =>
    {
        int turn = 0;
        foreach (GroupNormShape shape in GroupNorms)
        {
            TensorRange x = b.Input(shape.Count), gamma = b.Input(shape.Channels), state = b.Output(shape.StateCount);
            b.Device.GroupNorm(shape, x, gamma, b.Input(shape.Channels), b.Output(shape.Count), state);
            b.Device.GroupNorm(shape, x, gamma, null, b.Output(shape.Count), null);
            float beta = Betas[turn++ % Betas.Length];
            // Another state than x's, of moderate size: the gradient takes it as it is.
            TensorRange kept = b.Input(shape.StateCount), dy = Small(b, shape.Count, shape.Batch * shape.Spatial);
            if (!shape.IsCentered) b.Device.Fill(kept.Slice(0, shape.StateCount / 2), 0);
            b.Device.GroupNormInputGradient(shape, x, kept, gamma, dy, b.Output(shape.Count, beta), beta);
            b.Device.GroupNormScaleGradient(shape, x, kept, dy, b.Output(shape.Channels, beta), beta);
        }
    });

    [Fact]
    public void GroupNormKeepsTheDigitsOfADistantMean() => Check(1e-4, b =>
    {
        // A float about 1000 leaves an x̂ four digits; the deviation itself keeps more.
        foreach (GroupNormShape shape in (GroupNormShape[])(IsFast ? [new(3, 1, 1, 600, 1e-5f, true), new(2, 50, 2, 9, 1e-5f, true)] : [new(1, 2, 1, 9, 1e-5f, true)]))
        {
            TensorRange gamma = b.Input(shape.Channels), state = b.Output(shape.StateCount);
            var far = new float[shape.Count];
            for (int i = 0; i < far.Length; i++) far[i] = i == 0 ? -1000 : 1000 + (i * 7919 % 64 / 32f);
            b.Device.GroupNorm(shape, b.Reals(far), gamma, null, b.Output(shape.Count), state);
        }
    });

    [Fact]
    public void LogSoftmax() => Check(Tolerance, b =>
    {
        foreach ((int rows, int columns) in IsFast ? [(1, 1), (3, 10), (7, 33), (5, 64), (2, 65), (2, 257), (3, 1000), (0, 4)] : new[] { (2, 40) })
        {
            TensorRange x = b.Input(rows * columns), y = b.Output(rows * columns);
            b.Device.LogSoftmax(rows, columns, x, y);
            foreach (float beta in Betas) b.Device.LogSoftmaxBackward(rows, columns, y, Small(b, rows * columns, columns), b.Output(rows * columns, beta), beta);
            b.Device.LogSoftmax(rows, columns, x, x);
        }
        b.Device.LogSoftmax(4, 3, b.Reals(1000, 0, -1000, float.NegativeInfinity, 1, 2, float.NaN, 1, 2, -200, -200, -200), b.Output(12));
    });
}
