namespace ResearchFreeze.Autograd;

// Batch norm: x̂ = (x − mean)·r with r = 1 / √(variance + ε), so that each element costs a subtraction and multiplications by coefficients of its channel. Elements are independent.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void BatchNormCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation)
    {
        ChannelBlocks blocks = ChannelBlocks.ForElements(shape.Rows, shape.Channels);
        float* coefficients = scratch.Floats(3L * blocks.Length), center = coefficients, scale = center + blocks.Length, shift = scale + blocks.Length;
        float* means = Reals(mean), variances = Reals(variance), gammas = Reals(gamma), betas = Reals(beta);
        for (int c = 0; c < shape.Channels; c++)
        {
            center[c] = means[c];
            scale[c] = gammas[c] / MathF.Sqrt(variances[c] + shape.Epsilon);
            shift[c] = betas[c];
        }
        for (int i = 0; i < 3; i++) blocks.Repeat(coefficients + (i * blocks.Length));
        float* from = Reals(x), added = Reals(residual), to = Reals(y);
        switch (activation)
        {
            case Activation.None: Normalize<IdentityOp>(blocks, coefficients, from, added, to); break;
            case Activation.Relu: Normalize<ReluOp<float>>(blocks, coefficients, from, added, to); break;
            case Activation.Tanh: Normalize<TanhOp<float, CpuMath>>(blocks, coefficients, from, added, to); break;
            case Activation.Sigmoid: Normalize<SigmoidOp<float, CpuMath>>(blocks, coefficients, from, added, to); break;
            default: throw new ArgumentOutOfRangeException(nameof(activation), $"BatchNorm: unknown activation {activation}.");
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormInputGradientCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dgamma, TensorRange dbeta, TensorRange dx, float beta)
    {
        ChannelBlocks blocks = ChannelBlocks.ForElements(shape.Rows, shape.Channels);
        float* coefficients = scratch.Floats(4L * blocks.Length);
        var work = new BatchNormGradientWork
        {
            Blocks = blocks,
            X = Reals(x),
            OutputGradient = Reals(dz),
            InputGradient = Reals(dx),
            Center = coefficients,
            Scale = coefficients + blocks.Length,
            Shift = coefficients + (2 * blocks.Length),
            Slope = coefficients + (3 * blocks.Length),
            Beta = beta,
        };
        float* means = Reals(mean), variances = Reals(variance), gammas = Reals(gamma), slopes = Reals(dgamma), totals = Reals(dbeta);
        for (int c = 0; c < shape.Channels; c++)
        {
            float reciprocal = 1 / MathF.Sqrt(variances[c] + shape.Epsilon);
            work.Center[c] = means[c];
            work.Scale[c] = gammas[c] * reciprocal;
            work.Shift[c] = work.Scale[c] * (totals[c] / shape.Rows);
            work.Slope[c] = work.Scale[c] * reciprocal * (slopes[c] / shape.Rows);
        }
        for (int i = 0; i < 4; i++) blocks.Repeat(coefficients + (i * blocks.Length));
        CpuParallel.For(threads, ref work, blocks.Count, 2 * blocks.Length);
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleCore(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta)
    {
        ChannelBlocks blocks = ChannelBlocks.ForElements(shape.Rows, shape.Channels);
        var work = new ChannelScaleWork { Blocks = blocks, X = Reals(dz), Y = Reals(dx), Scale = scratch.Floats(blocks.Length), Beta = beta };
        float* variances = Reals(variance), gammas = Reals(gamma);
        for (int c = 0; c < shape.Channels; c++) work.Scale[c] = gammas[c] / MathF.Sqrt(variances[c] + shape.Epsilon);
        blocks.Repeat(work.Scale);
        CpuParallel.For(threads, ref work, blocks.Count, blocks.Length);
    }

    private void Normalize<TOp>(in ChannelBlocks blocks, float* coefficients, float* x, float* residual, float* y)
        where TOp : unmanaged, IMapOp<float>
    {
        var work = new BatchNormWork<TOp>
        {
            Blocks = blocks,
            X = x,
            Residual = residual,
            Y = y,
            Center = coefficients,
            Scale = coefficients + blocks.Length,
            Shift = coefficients + (2 * blocks.Length),
        };
        CpuParallel.For(threads, ref work, blocks.Count, 2 * blocks.Length);
    }
}
