using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Batch norm: x̂ = (x − mean)·r with r = 1 / √(variance + ε), so that each element costs a subtraction and multiplications by coefficients of its channel. Elements are independent.
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    protected override void BatchNormCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange beta, TensorRange? residual, TensorRange y, Activation activation)
    {
        ChannelBlocks blocks = ChannelBlocks.ForElements(shape.Rows, shape.Channels);
        lock (gate)
        {
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
    }

    /// <inheritdoc/>
    protected override void BatchNormInputGradientCore(
        in BatchNormShape shape, TensorRange x, TensorRange mean, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange sums, TensorRange dx, float beta)
    {
        ChannelBlocks blocks = ChannelBlocks.ForElements(shape.Rows, shape.Channels);
        lock (gate)
        {
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
            float* means = Reals(mean), variances = Reals(variance), gammas = Reals(gamma), totals = Reals(sums);
            for (int c = 0; c < shape.Channels; c++)
            {
                float reciprocal = 1 / MathF.Sqrt(variances[c] + shape.Epsilon);
                work.Center[c] = means[c];
                work.Scale[c] = gammas[c] * reciprocal;
                work.Shift[c] = totals[c] / shape.Rows;
                work.Slope[c] = reciprocal * totals[shape.Channels + c] / shape.Rows;
            }
            for (int i = 0; i < 4; i++) blocks.Repeat(coefficients + (i * blocks.Length));
            CpuParallel.For(threads, ref work, blocks.Count, 2 * blocks.Length);
        }
    }

    /// <inheritdoc/>
    protected override void BatchNormScaleCore(in BatchNormShape shape, TensorRange variance, TensorRange gamma, TensorRange dz, TensorRange dx, float beta)
    {
        ChannelBlocks blocks = ChannelBlocks.ForElements(shape.Rows, shape.Channels);
        lock (gate)
        {
            var work = new ChannelScaleWork { Blocks = blocks, X = Reals(dz), Y = Reals(dx), Scale = scratch.Floats(blocks.Length), Beta = beta };
            float* variances = Reals(variance), gammas = Reals(gamma);
            for (int c = 0; c < shape.Channels; c++) work.Scale[c] = gammas[c] / MathF.Sqrt(variances[c] + shape.Epsilon);
            blocks.Repeat(work.Scale);
            CpuParallel.For(threads, ref work, blocks.Count, blocks.Length);
        }
    }

    private void Normalize<TOp>(in ChannelBlocks blocks, float* coefficients, float* x, float* residual, float* y)
        where TOp : unmanaged, IMapOp<float>
    {
        var work = new BatchNormWork<TOp>
        {
            Blocks = blocks, X = x, Residual = residual, Y = y, Center = coefficients, Scale = coefficients + blocks.Length, Shift = coefficients + (2 * blocks.Length),
        };
        CpuParallel.For(threads, ref work, blocks.Count, 2 * blocks.Length);
    }

    private struct BatchNormWork<TOp> : IRangeWork
        where TOp : unmanaged, IMapOp<float>
    {
        public ChannelBlocks Blocks;
        public float* X;
        public float* Residual;
        public float* Y;
        public float* Center;
        public float* Scale;
        public float* Shift;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            TOp activation = default;
            int width = Lanes.Count;
            float* center = Center, scale = Scale, shift = Shift;
            for (int block = start; block < end; block++)
            {
                nint at = (nint)block * Blocks.Length;
                float* x = X + at, y = Y + at, residual = Residual == null ? null : Residual + at;
                int length = Blocks.LengthOf(block), i = 0;
                if (residual == null)
                {
                    for (; i <= length - width; i += width)
                        activation.Apply(((Lanes.Load(x + i) - Lanes.Load(center + i)) * Lanes.Load(scale + i)) + Lanes.Load(shift + i)).Store(y + i);
                }
                else
                {
                    for (; i <= length - width; i += width)
                        activation.Apply(((Lanes.Load(x + i) - Lanes.Load(center + i)) * Lanes.Load(scale + i)) + Lanes.Load(shift + i) + Lanes.Load(residual + i)).Store(y + i);
                }
                if (i == length) continue;
                int rest = length - i;
                Vector<float> last = ((Lanes.Load(x + i, rest) - Lanes.Load(center + i, rest)) * Lanes.Load(scale + i, rest)) + Lanes.Load(shift + i, rest);
                if (residual != null) last += Lanes.Load(residual + i, rest);
                Lanes.Store(activation.Apply(last), y + i, rest);
            }
        }
    }

    /// <summary>scale·(dz − shift − (x − center)·slope).</summary>
    private struct BatchNormGradientWork : IRangeWork
    {
        public ChannelBlocks Blocks;
        public float* X;
        public float* OutputGradient;
        public float* InputGradient;
        public float* Center;
        public float* Scale;
        public float* Shift;
        public float* Slope;
        public float Beta;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int width = Lanes.Count;
            float* center = Center, scale = Scale, shift = Shift, slope = Slope;
            for (int block = start; block < end; block++)
            {
                nint at = (nint)block * Blocks.Length;
                float* x = X + at, dz = OutputGradient + at, dx = InputGradient + at;
                int length = Blocks.LengthOf(block), i = 0;
                for (; i <= length - width; i += width)
                {
                    Vector<float> distance = (Lanes.Load(x + i) - Lanes.Load(center + i)) * Lanes.Load(slope + i);
                    Lanes.Accumulate(Lanes.Load(scale + i) * (Lanes.Load(dz + i) - Lanes.Load(shift + i) - distance), dx + i, Beta);
                }
                if (i == length) continue;
                int rest = length - i;
                Vector<float> last = (Lanes.Load(x + i, rest) - Lanes.Load(center + i, rest)) * Lanes.Load(slope + i, rest);
                Lanes.Accumulate(Lanes.Load(scale + i, rest) * (Lanes.Load(dz + i, rest) - Lanes.Load(shift + i, rest) - last), dx + i, rest, Beta);
            }
        }
    }

    private struct ChannelScaleWork : IRangeWork
    {
        public ChannelBlocks Blocks;
        public float* X;
        public float* Y;
        public float* Scale;
        public float Beta;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            int width = Lanes.Count;
            for (int block = start; block < end; block++)
            {
                float* x = X + ((nint)block * Blocks.Length), y = Y + ((nint)block * Blocks.Length);
                int length = Blocks.LengthOf(block), i = 0;
                for (; i <= length - width; i += width) Lanes.Accumulate(Lanes.Load(x + i) * Lanes.Load(Scale + i), y + i, Beta);
                if (i < length) Lanes.Accumulate(Lanes.Load(x + i, length - i) * Lanes.Load(Scale + i, length - i), y + i, length - i, Beta);
            }
        }
    }
}
