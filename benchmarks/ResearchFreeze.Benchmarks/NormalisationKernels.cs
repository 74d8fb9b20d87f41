using ResearchFreeze.Autograd;

namespace ResearchFreeze.Benchmarks;

/// <summary>The primitives of batch norm at the three sizes of <c>resnet:20</c>, batch 128: forward the moments and the normalisation, backward the sums and the input gradient (trained: through the moments; frozen: a scale).</summary>
public class NormalisationKernels : KernelBenchmark
{
    public override IEnumerable<Work> Works => new[] { (32, 16), (16, 32), (8, 64) }.SelectMany(size => Of(128, size.Item1, size.Item2));

    private static IEnumerable<Work> Of(int batch, int side, int channels)
    {
        var shape = new BatchNormShape(batch * side * side, channels, 1e-5f);
        int count = shape.Rows * channels;
        string name = $"{batch}x{side}x{side}x{channels}";
        yield return new Work($"{name}: moments", operands =>
        {
            TensorRange x = operands.Normal(count), mean = operands.Empty(channels), variance = operands.Empty(channels);
            return () => operands.Device.Moments(shape, x, mean, variance);
        });
        foreach (bool hasResidual in new[] { false, true })
        {
            yield return new Work($"{name}: normalise{(hasResidual ? ", residual" : "")}, relu", operands =>
            {
                (TensorRange x, TensorRange y) = (operands.Normal(count), operands.Empty(count));
                (TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta) = Channels(operands, channels);
                TensorRange? residual = hasResidual ? operands.Normal(count) : null;
                return () => operands.Device.BatchNorm(shape, x, mean, variance, gamma, beta, residual, y, Activation.Relu);
            });
        }
        yield return new Work($"{name}: scale gradient", operands =>
        {
            (TensorRange x, TensorRange dz) = (operands.Normal(count), operands.Normal(count));
            (TensorRange mean, TensorRange variance, _, TensorRange dgamma) = Channels(operands, channels);
            return () => operands.Device.BatchNormScaleGradient(shape, x, mean, variance, dz, dgamma);
        });
        yield return new Work($"{name}: input gradient, trained", operands =>
        {
            (TensorRange x, TensorRange dz, TensorRange dx) = (operands.Normal(count), operands.Normal(count), operands.Empty(count));
            (TensorRange mean, TensorRange variance, TensorRange gamma, _) = Channels(operands, channels);
            (TensorRange dgamma, TensorRange dbeta) = (operands.Normal(channels), operands.Normal(channels));
            return () => operands.Device.BatchNormInputGradient(shape, x, mean, variance, gamma, dz, dgamma, dbeta, dx);
        });
        yield return new Work($"{name}: input gradient, frozen", operands =>
        {
            (TensorRange dz, TensorRange dx) = (operands.Normal(count), operands.Empty(count));
            (_, TensorRange variance, TensorRange gamma, _) = Channels(operands, channels);
            return () => operands.Device.BatchNormScale(shape, variance, gamma, dz, dx);
        });
    }

    /// <summary>A channel's mean 0, variance 1, γ and β.</summary>
    private static (TensorRange Mean, TensorRange Variance, TensorRange Gamma, TensorRange Beta) Channels(Operands operands, int channels) =>
        (operands.Full(channels, 0), operands.Full(channels, 1), operands.Normal(channels), operands.Normal(channels));
}
