namespace ResearchFreeze.Autograd;

// Normalisation over the batch and within a sample.
public static partial class PrimitiveChecks
{
    /// <summary>One channel, tiles that are not full, several tiles, several chunks of rows, no rows.</summary>
    private static IEnumerable<BatchNormShape> BatchNorms =>
        from size in ((int Rows, int Channels)[])[(1, 1), (2, 1), (300, 1), (257, 3), (5, 16), (70, 31), (33, 32), (40, 33), (3, 300), (257, 32), (8193, 1), (3000, 5), (600, 40), (0, 3)]
        select new BatchNormShape(size.Rows, size.Channels, 1e-3f);

    /// <summary>Group norm, layer norm (one group of one pixel) and RMS norm (not centred).</summary>
    private static IEnumerable<GroupNormShape> GroupNorms =>
        from shape in (GroupNormShape[])
        [
            new(1, 1, 1, 1, 1e-3f, true), new(1, 1, 1, 7, 1e-3f, true), new(5, 1, 1, 64, 1e-3f, true), new(13, 1, 1, 129, 1e-3f, true), new(3, 1, 1, 2000, 1e-3f, true), new(700, 1, 1, 33, 1e-3f, true),
            new(9, 1, 3, 5, 1e-3f, true), new(2, 9, 1, 1, 1e-3f, true), new(3, 16, 4, 1, 1e-3f, true), new(2, 25, 4, 2, 1e-3f, true), new(1, 900, 2, 17, 1e-3f, true), new(0, 4, 2, 3, 1e-3f, true),
        ]
        from isCentered in (bool[])[true, false]
        select shape with { IsCentered = isCentered };

    private static IReadOnlyList<PrimitiveCheck> Normalisations =>
    [
        new(Primitive.Moments, b =>
        {
            foreach ((float center, float spread) in ((float, float)[])[(0.25f, 1), (1000, 1), (0.125f, 0), (3e-5f, 1e-6f)])
            {
                // In units of what is expected where that is small.
                double meanUnit = Math.Min(1, center), varianceUnit = spread == 0 ? 1 : (double)spread * spread;
                foreach (BatchNormShape shape in BatchNorms)
                {
                    var random = new RandomStream(5, "moments");
                    float[] values = [.. Enumerable.Range(0, shape.Rows * shape.Channels).Select(_ => center + (spread * ((2 * (float)random.NextDouble()) - 1)))];
                    b.Device.Moments(shape, b.Reals(values), b.Output(shape.Channels, unit: meanUnit), b.Output(shape.Channels, unit: varianceUnit));
                }
            }
        }) { Tolerance = 4e-6 },
        new(Primitive.UpdateMoments, b =>
        {
            foreach (int channels in (int[])[1, 31, 257])
                b.Device.UpdateMoments(new BatchNormShape(10, channels, 0), 0.1f, b.Input(channels), b.Input(channels, positive: true), b.Input(channels), b.Input(channels, positive: true));
            // A channel that is not finite is left alone.
            TensorRange mean = b.Reals(1, float.NaN, 2, float.PositiveInfinity, -3), variance = b.Reals(0.5f, 1, float.NegativeInfinity, 1, 2);
            b.Device.UpdateMoments(new BatchNormShape(10, 5, 0), 0.1f, mean, variance, b.Input(5), b.Input(5, positive: true));
        }),
        new(Primitive.BatchNorm, b =>
        {
            foreach (BatchNormShape shape in BatchNorms)
            {
                int count = shape.Rows * shape.Channels;
                TensorRange x = b.Input(count), mean = b.Input(shape.Channels), variance = b.Input(shape.Channels, positive: true), gamma = b.Input(shape.Channels, scale: 0.5f), shift = b.Input(shape.Channels);
                foreach (Activation activation in Activations)
                {
                    b.Device.BatchNorm(shape, x, mean, variance, gamma, shift, null, b.Output(count), activation);
                    b.Device.BatchNorm(shape, x, mean, variance, gamma, shift, b.Input(count), b.Output(count), activation);
                }
            }
        }),
        new(Primitive.BatchNormScaleGradient, b =>
        {
            foreach (BatchNormShape shape in BatchNorms)
            {
                int count = shape.Rows * shape.Channels;
                TensorRange x = b.Input(count), mean = b.Input(shape.Channels), variance = b.Input(shape.Channels, positive: true), dz = b.Input(count, scale: Share(shape.Rows));
                foreach (float beta in Betas) b.Device.BatchNormScaleGradient(shape, x, mean, variance, dz, b.Output(shape.Channels, beta), beta);
            }
        }) { Tolerance = 4e-6 },
        new(Primitive.BatchNormInputGradient, b =>
        {
            foreach (BatchNormShape shape in BatchNorms)
            {
                int count = shape.Rows * shape.Channels;
                TensorRange x = b.Input(count), mean = b.Input(shape.Channels), variance = b.Input(shape.Channels, positive: true), gamma = b.Input(shape.Channels, scale: 0.5f);
                TensorRange dz = b.Input(count), dgamma = b.Input(shape.Channels), dbeta = b.Input(shape.Channels);
                foreach (float beta in Betas) b.Device.BatchNormInputGradient(shape, x, mean, variance, gamma, dz, dgamma, dbeta, b.Output(count, beta), beta);
            }
        }) { Tolerance = 4e-6 },
        new(Primitive.BatchNormScale, b =>
        {
            foreach (BatchNormShape shape in BatchNorms)
            {
                int count = shape.Rows * shape.Channels;
                TensorRange variance = b.Input(shape.Channels, positive: true), gamma = b.Input(shape.Channels, scale: 0.5f), dz = b.Input(count);
                foreach (float beta in Betas) b.Device.BatchNormScale(shape, variance, gamma, dz, b.Output(count, beta), beta);
                b.Device.BatchNormScale(shape, variance, gamma, dz, dz);
            }
        }),
        new(Primitive.GroupNorm, b =>
        {
            foreach (GroupNormShape shape in GroupNorms)
            {
                TensorRange x = b.Input(shape.Count), gamma = b.Input(shape.Channels);
                b.Device.GroupNorm(shape, x, gamma, b.Input(shape.Channels), b.Output(shape.Count), b.Output(shape.StateCount));
                b.Device.GroupNorm(shape, x, gamma, null, b.Output(shape.Count), null);
            }
        }) { Tolerance = 4e-6 },
        new(Primitive.GroupNormInputGradient, b =>
        {
            foreach (GroupNormShape shape in GroupNorms)
            {
                TensorRange x = b.Input(shape.Count), gamma = b.Input(shape.Channels), dy = b.Input(shape.Count, scale: Share(shape.Batch * shape.Spatial)), state = State(b, shape);
                foreach (float beta in Betas) b.Device.GroupNormInputGradient(shape, x, state, gamma, dy, b.Output(shape.Count, beta), beta);
            }
        }) { Tolerance = 4e-6 },
        new(Primitive.GroupNormScaleGradient, b =>
        {
            foreach (GroupNormShape shape in GroupNorms)
            {
                TensorRange x = b.Input(shape.Count), dy = b.Input(shape.Count, scale: Share(shape.Batch * shape.Spatial)), state = State(b, shape);
                foreach (float beta in Betas) b.Device.GroupNormScaleGradient(shape, x, state, dy, b.Output(shape.Channels, beta), beta);
            }
        }) { Tolerance = 4e-6 },
    ];

    /// <summary>Another state than x's, of moderate size: a gradient takes it as it is. What is not centred has the mean 0.</summary>
    private static TensorRange State(PrimitiveBench b, GroupNormShape shape)
    {
        var random = new RandomStream(6, "state");
        var values = new float[shape.StateCount];
        for (int i = 0; i < values.Length; i++) values[i] = i >= values.Length / 2 ? 0.5f + (float)random.NextDouble() : shape.IsCentered ? (float)random.NextDouble() - 0.5f : 0;
        return b.Reals(values);
    }
}
