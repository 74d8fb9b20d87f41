namespace ResearchFreeze.Autograd;

// Normalisation over the batch and within a sample.
public static partial class Primitives
{
    private const double NormTolerance = 4e-6;

    private static IReadOnlyList<PrimitiveDescription> Normalisation =>
    [
        new(Primitive.Moments, Reads("x"), Writes("mean"), Writes("variance"))
        {
            Kernels = [.. Kernels(nameof(MomentsKernels), nameof(MomentsKernels.OfChunks), nameof(MomentsKernels.Merge)), .. Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Fill))],
            Tolerance = NormTolerance,
            Cases = b =>
            {
                foreach ((float center, float spread) in ((float, float)[])[(0.25f, 1), (1000, 1), (0.125f, 0), (3e-5f, 1e-6f)])
                {
                    // In units of what is expected where that is small.
                    double meanUnit = Math.Min(1, center), varianceUnit = spread == 0 ? 1 : (double)spread * spread;
                    foreach (BatchNormShape shape in NormShapes.OfBatches(b.Sizes))
                    {
                        var random = new RandomStream(5, "moments");
                        float[] values = [.. Enumerable.Range(0, shape.Count).Select(_ => center + (spread * ((2 * (float)random.NextDouble()) - 1)))];
                        b.Device.Moments(shape, b.Reals(values), b.Output(shape.Channels, unit: meanUnit), b.Output(shape.Channels, unit: varianceUnit));
                    }
                }
            },
        },
        new(Primitive.UpdateMoments, Reads("mean"), Reads("variance"), Updates("runningMean"), Updates("runningVariance"))
        {
            Kernels = Kernels(nameof(RunningMomentsKernels), nameof(RunningMomentsKernels.UpdateMoments)),
            Cases = b =>
            {
                foreach (int channels in (int[])[1, 5, 16, 31, 130, 257])
                    b.Device.UpdateMoments(new BatchNormShape(17, channels, 0), 0.1f, b.Input(channels), b.Input(channels, positive: true), b.Input(channels), b.Input(channels, positive: true));
                b.Device.UpdateMoments(new BatchNormShape(3, 31, 0), 0.3f, b.Input(31), b.Input(31, positive: true), b.Input(31), b.Input(31, positive: true), ofPopulation: true);
                // A channel that is not finite is left alone.
                TensorRange mean = b.Reals(1, float.NaN, 2, float.PositiveInfinity, -3), variance = b.Reals(0.5f, 1, float.NegativeInfinity, 1, 2);
                b.Device.UpdateMoments(new BatchNormShape(10, 5, 0), 0.1f, mean, variance, b.Input(5), b.Input(5, positive: true));
            },
        },
        new(Primitive.BatchNorm, Reads("x"), Reads("mean"), Reads("variance"), Reads("gamma"), Reads("beta"), Optional(Reads("residual")), Writes("y"))
        {
            Kernels =
            [
                .. Kernels(nameof(BatchNormKernels), nameof(BatchNormKernels.Normalise)), .. Kernels(nameof(MomentsKernels), nameof(MomentsKernels.OfChunks)),
                .. Kernels(nameof(FusedBatchNormKernels), nameof(FusedBatchNormKernels.Normalise)),
            ],
            Cases = b =>
            {
                // With the moments and the running ones, as a step of training asks for all three.
                foreach (BatchNormShape shape in NormShapes.OfBatches(b.Sizes).Where(shape => shape.Rows > 1))
                {
                    int channels = shape.Channels;
                    TensorRange x = b.Input(shape.Count), gamma = b.Input(channels, scale: 0.5f), shift = b.Input(channels), residual = b.Input(shape.Count);
                    foreach ((Activation activation, float momentum) in ((Activation, float)[])[(Activation.Relu, 0.1f), (Activation.None, 0), (Activation.Tanh, 1)])
                    {
                        b.Device.NormaliseBatch(
                            shape, x, b.Output(channels), b.Output(channels), gamma, shift, momentum == 1 ? null : residual, b.Output(shape.Count), activation, momentum, b.Input(channels), b.Input(channels, positive: true), momentum == 1);
                    }
                }
                foreach (BatchNormShape shape in NormShapes.OfBatches(b.Sizes))
                {
                    TensorRange x = b.Input(shape.Count), mean = b.Input(shape.Channels), variance = b.Input(shape.Channels, positive: true), gamma = b.Input(shape.Channels, scale: 0.5f), shift = b.Input(shape.Channels);
                    foreach (Activation activation in CaseValues.Activations)
                    {
                        b.Device.BatchNorm(shape, x, mean, variance, gamma, shift, null, b.Output(shape.Count), activation);
                        b.Device.BatchNorm(shape, x, mean, variance, gamma, shift, b.Input(shape.Count), b.Output(shape.Count), activation);
                    }
                }
            },
        },
        new(Primitive.BatchNormScaleGradient, Reads("x"), Reads("mean"), Reads("variance"), Reads("dz"), Adds("dgamma"))
        {
            Kernels =
            [
                .. Kernels(nameof(BatchNormKernels), nameof(BatchNormKernels.ScaleGradient)), .. Kernels(nameof(ReduceKernels), nameof(ReduceKernels.ByThread), nameof(ReduceKernels.ByGroup)),
                .. Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Fill), nameof(ElementwiseKernels.AddScaled)),
            ],
            Tolerance = NormTolerance,
            Cases = b =>
            {
                foreach (BatchNormShape shape in NormShapes.OfBatches(b.Sizes))
                {
                    TensorRange x = b.Input(shape.Count), mean = b.Input(shape.Channels), variance = b.Input(shape.Channels, positive: true), dz = b.Input(shape.Count, scale: CaseValues.Share(shape.Rows));
                    foreach (float beta in CaseValues.Betas) b.Device.BatchNormScaleGradient(shape, x, mean, variance, dz, b.Output(shape.Channels, beta), beta);
                }
            },
        },
        new(Primitive.BatchNormInputGradient, Reads("x"), Reads("mean"), Reads("variance"), Reads("gamma"), Reads("dz"), Reads("dgamma"), Reads("dbeta"), Adds("dx"))
        {
            Kernels =
            [
                .. Kernels(nameof(BatchNormKernels), nameof(BatchNormKernels.InputGradient)),
                .. Kernels(nameof(FusedBatchNormKernels), nameof(FusedBatchNormKernels.GradientSums), nameof(FusedBatchNormKernels.InputGradient)),
            ],
            Tolerance = NormTolerance,
            Cases = b =>
            {
                // With the sums and the activation's gradient, in memory of its own or in dy's place.
                foreach (BatchNormShape shape in NormShapes.OfBatches(b.Sizes).Where(shape => shape.Rows > 1))
                {
                    int channels = shape.Channels;
                    TensorRange x = b.Input(shape.Count), mean = b.Input(channels), variance = b.Input(channels, positive: true), gamma = b.Input(channels, scale: 0.5f), y = b.Input(shape.Count, scale: 0.4f);
                    foreach ((Activation activation, float beta) in ((Activation, float)[])[(Activation.Relu, 0), (Activation.None, -0.5f), (Activation.Tanh, 1), (Activation.Sigmoid, 0)])
                    {
                        TensorRange dy = b.Input(shape.Count, scale: CaseValues.Share(shape.Rows)), dz = activation is Activation.None or Activation.Tanh ? dy : b.Output(shape.Count);
                        b.Device.BatchNormGradients(shape, activation, x, mean, variance, gamma, y, dy, dz, b.Output(channels), b.Output(channels), b.Output(shape.Count, beta), beta);
                    }
                }
                foreach (BatchNormShape shape in NormShapes.OfBatches(b.Sizes))
                {
                    TensorRange x = b.Input(shape.Count), mean = b.Input(shape.Channels), variance = b.Input(shape.Channels, positive: true), gamma = b.Input(shape.Channels, scale: 0.5f);
                    TensorRange dz = b.Input(shape.Count), dgamma = b.Input(shape.Channels), dbeta = b.Input(shape.Channels);
                    foreach (float beta in CaseValues.Betas) b.Device.BatchNormInputGradient(shape, x, mean, variance, gamma, dz, dgamma, dbeta, b.Output(shape.Count, beta), beta);
                }
            },
        },
        new(Primitive.BatchNormScale, Reads("variance"), Reads("gamma"), Reads("dz"), Adds("dx"))
        {
            Kernels = Kernels(nameof(BatchNormKernels), nameof(BatchNormKernels.Scale)),
            Cases = b =>
            {
                foreach (BatchNormShape shape in NormShapes.OfBatches(b.Sizes))
                {
                    TensorRange variance = b.Input(shape.Channels, positive: true), gamma = b.Input(shape.Channels, scale: 0.5f), dz = b.Input(shape.Count);
                    foreach (float beta in CaseValues.Betas) b.Device.BatchNormScale(shape, variance, gamma, dz, b.Output(shape.Count, beta), beta);
                    foreach (float beta in CaseValues.Betas)
                    {
                        TensorRange own = b.Input(shape.Count);
                        b.Device.BatchNormScale(shape, variance, gamma, own, own, beta);
                    }
                }
            },
        },
        new(Primitive.GroupNorm, Reads("x"), Reads("gamma"), Optional(Reads("bias")), Writes("y"), Optional(Writes("state")))
        {
            Kernels = Kernels(nameof(GroupNormKernels), nameof(GroupNormKernels.Forward)),
            Tolerance = NormTolerance,
            Cases = b =>
            {
                foreach (GroupNormShape shape in NormShapes.OfGroups(b.Sizes))
                {
                    TensorRange x = b.Input(shape.Count), gamma = b.Input(shape.Channels);
                    b.Device.GroupNorm(shape, x, gamma, b.Input(shape.Channels), b.Output(shape.Count), b.Output(shape.StateCount));
                    b.Device.GroupNorm(shape, x, gamma, null, b.Output(shape.Count), null);
                }
            },
        },
        new(Primitive.GroupNormInputGradient, Reads("x"), Reads("state"), Reads("gamma"), Reads("dy"), Adds("dx"))
        {
            Kernels = Kernels(nameof(GroupNormKernels), nameof(GroupNormKernels.InputGradient)),
            Tolerance = NormTolerance,
            Cases = b =>
            {
                foreach (GroupNormShape shape in NormShapes.OfGroups(b.Sizes))
                {
                    TensorRange x = b.Input(shape.Count), gamma = b.Input(shape.Channels), dy = b.Input(shape.Count, scale: CaseValues.Share(shape.Batch * shape.Spatial)), state = State(b, shape);
                    foreach (float beta in CaseValues.Betas) b.Device.GroupNormInputGradient(shape, x, state, gamma, dy, b.Output(shape.Count, beta), beta);
                }
            },
        },
        new(Primitive.GroupNormScaleGradient, Reads("x"), Reads("state"), Reads("dy"), Adds("dgamma"))
        {
            Kernels =
            [
                .. Kernels(nameof(GroupNormKernels), nameof(GroupNormKernels.ScaleGradient)), .. Kernels(nameof(ReduceKernels), nameof(ReduceKernels.ByThread), nameof(ReduceKernels.ByGroup)),
                .. Kernels(nameof(ElementwiseKernels), nameof(ElementwiseKernels.Fill), nameof(ElementwiseKernels.AddScaled)),
            ],
            Tolerance = NormTolerance,
            Cases = b =>
            {
                foreach (GroupNormShape shape in NormShapes.OfGroups(b.Sizes))
                {
                    TensorRange x = b.Input(shape.Count), dy = b.Input(shape.Count, scale: CaseValues.Share(shape.Batch * shape.Spatial)), state = State(b, shape);
                    foreach (float beta in CaseValues.Betas) b.Device.GroupNormScaleGradient(shape, x, state, dy, b.Output(shape.Channels, beta), beta);
                }
            },
        },
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
