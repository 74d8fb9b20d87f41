using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

// Softmax and cross entropy. Rows are independent and shared out over threads; sums along a row have a fixed order, and rows' losses are added in order.
public sealed unsafe partial class CpuDevice
{
    // An exponential and three passes, in elements of a plain copy.
    private const int SoftmaxCost = 8;

    /// <inheritdoc/>
    protected override void SoftmaxCore(int rows, int columns, TensorRange x, TensorRange y)
    {
        var work = new SoftmaxWork { X = Reals(x), Y = Reals(y), Columns = columns };
        CpuParallel.For(threads, ref work, rows, SoftmaxCost * columns);
    }

    /// <inheritdoc/>
    protected override void SoftmaxBackwardCore(int rows, int columns, TensorRange y, TensorRange dy, TensorRange dx, float beta)
    {
        var work = new SoftmaxBackwardWork { Y = Reals(y), OutputGradient = Reals(dy), InputGradient = Reals(dx), Columns = columns, Beta = beta };
        CpuParallel.For(threads, ref work, rows, 2 * columns);
    }

    /// <inheritdoc/>
    protected override void CrossEntropyCore(
        in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange loss, TensorRange? rowState)
    {
        double* losses = scratch.Doubles(shape.Rows);
        var work = new CrossEntropyWork
        {
            Shape = shape,
            Logits = Reals(logits),
            Labels = Integers(labels),
            Weights = Reals(weights),
            State = Reals(rowState),
            Losses = losses,
            WeightSum = WeightSum(Reals(weights), shape.Classes),
        };
        CpuParallel.For(threads, ref work, shape.Rows, SoftmaxCost * shape.Classes);
        double total = 0, totalWeight = 0;
        for (int row = 0; row < shape.Rows; row++)
        {
            total += losses[row];
            int label = work.Labels[row];
            if (label != shape.IgnoreIndex && (uint)label < (uint)shape.Classes) totalWeight += WeightOf(work.Weights, label);
        }
        if (work.State != null) work.State[shape.Rows] = (float)totalWeight;
        *Reals(loss) = (float)(total / totalWeight);
    }

    /// <inheritdoc/>
    protected override void CrossEntropyBackwardCore(
        in CrossEntropyShape shape, TensorRange logits, TensorRange labels, TensorRange? weights, TensorRange rowState, TensorRange dloss, TensorRange dlogits, float beta)
    {
        float* state = Reals(rowState);
        var work = new CrossEntropyBackwardWork
        {
            Shape = shape,
            Logits = Reals(logits),
            Labels = Integers(labels),
            Weights = Reals(weights),
            State = state,
            Gradient = Reals(dlogits),
            Beta = beta,
            WeightSum = WeightSum(Reals(weights), shape.Classes),
            Scale = *Reals(dloss) / state[shape.Rows],
        };
        CpuParallel.For(threads, ref work, shape.Rows, SoftmaxCost * shape.Classes);
    }

    private static float WeightOf(float* weights, int label) => weights == null ? 1 : weights[label];

    private static double WeightSum(float* weights, int classes) => weights == null ? classes : CpuSums.Of<PlainTerm>(weights, weights, classes);

    /// <summary>y ← e^(x − shift).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Exponentials(float* x, float shift, float* y, int length)
    {
        var by = new Vector<float>(shift);
        int i = 0, width = Lanes.Count;
        for (; i <= length - width; i += width) CpuMath.Exp(Lanes.Load(x + i) - by).Store(y + i);
        if (i < length) Lanes.Store(CpuMath.Exp(Lanes.Load(x + i, length - i) - by), y + i, length - i);
    }

    /// <summary>Σ e^(x − shift), in blocks that stay in the first-level cache.</summary>
    [SkipLocalsInit]
    private static double SumOfExponentials(float* x, float shift, int length)
    {
        const int Block = 1024;
        float* block = stackalloc float[Block];
        double sum = 0;
        for (int start = 0; start < length; start += Block)
        {
            int count = Math.Min(Block, length - start);
            Exponentials(x + start, shift, block, count);
            sum += CpuSums.Of<PlainTerm>(block, block, count);
        }
        return sum;
    }

    private struct SoftmaxWork : IRangeWork
    {
        public float* X;
        public float* Y;
        public int Columns;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                float* x = X + ((long)row * Columns), y = Y + ((long)row * Columns);
                Exponentials(x, CpuSums.Max(x, Columns), y, Columns);
                AddScaled((float)(1 / CpuSums.Of<PlainTerm>(y, y, Columns)), y, 0, y, Columns);
            }
        }
    }

    private struct SoftmaxBackwardWork : IRangeWork
    {
        public float* Y;
        public float* OutputGradient;
        public float* InputGradient;
        public int Columns;
        public float Beta;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                float* y = Y + ((long)row * Columns), dy = OutputGradient + ((long)row * Columns), dx = InputGradient + ((long)row * Columns);
                var dot = new Vector<float>((float)CpuSums.Of<ProductTerm>(y, dy, Columns));
                int i = 0, width = Lanes.Count;
                for (; i <= Columns - width; i += width) Lanes.Accumulate(Lanes.Load(y + i) * (Lanes.Load(dy + i) - dot), dx + i, Beta);
                if (i < Columns) Lanes.Accumulate(Lanes.Load(y + i, Columns - i) * (Lanes.Load(dy + i, Columns - i) - dot), dx + i, Columns - i, Beta);
            }
        }
    }

    private struct CrossEntropyWork : IRangeWork
    {
        public CrossEntropyShape Shape;
        public float* Logits;
        public int* Labels;
        public float* Weights;
        public float* State;
        public double* Losses;
        public double WeightSum;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                float* x = Logits + ((long)row * Shape.Classes);
                float max = CpuSums.Max(x, Shape.Classes);
                double logSum = max + Math.Log(SumOfExponentials(x, max, Shape.Classes));
                if (State != null) State[row] = (float)logSum;
                Losses[row] = Loss(x, logSum, Labels[row]);
            }
        }

        private readonly double Loss(float* x, double logSum, int label)
        {
            if (label == Shape.IgnoreIndex) return 0;
            if ((uint)label >= (uint)Shape.Classes) return double.NaN;
            double loss = (1 - Shape.Smoothing) * WeightOf(Weights, label) * (logSum - x[label]);
            if (Shape.Smoothing > 0)
            {
                double dot = Weights == null ? CpuSums.Of<PlainTerm>(x, x, Shape.Classes) : CpuSums.Of<ProductTerm>(Weights, x, Shape.Classes);
                loss += Shape.Smoothing / Shape.Classes * ((WeightSum * logSum) - dot);
            }
            return loss;
        }
    }

    private struct CrossEntropyBackwardWork : IRangeWork
    {
        public CrossEntropyShape Shape;
        public float* Logits;
        public int* Labels;
        public float* Weights;
        public float* State;
        public float* Gradient;
        public float Beta;
        public double WeightSum;
        public float Scale;

        public readonly void Run(int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                int label = Labels[row];
                float* to = Gradient + ((long)row * Shape.Classes);
                if (label == Shape.IgnoreIndex) AddConstant(0, Beta, to, Shape.Classes);
                else if ((uint)label >= (uint)Shape.Classes) AddConstant(float.NaN, Beta, to, Shape.Classes);
                else Row(Logits + ((long)row * Shape.Classes), State[row], label, to);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Row(float* x, float logSum, int label, float* to)
        {
            float spread = Shape.Smoothing / Shape.Classes, hit = (1 - Shape.Smoothing) * WeightOf(Weights, label);
            var mass = new Vector<float>((float)(hit + (spread * WeightSum)));      // Σ of the row's target
            Vector<float> log = new(logSum), peak = new(hit), scale = new(Scale);
            for (int i = 0; i < Shape.Classes; i += Lanes.Count)
            {
                int count = Math.Min(Lanes.Count, Shape.Classes - i);
                Vector<int> isLabel = Vector.Equals(Vector<int>.Indices, new Vector<int>(label - i));
                Vector<float> weight = Weights == null ? Vector<float>.One : Lanes.Load(Weights + i, count);
                Vector<float> target = Vector.ConditionalSelect(isLabel, peak, Vector<float>.Zero) + (weight * spread);
                Lanes.Accumulate(scale * ((mass * CpuMath.Exp(Lanes.Load(x + i, count) - log)) - target), to + i, count, Beta);
            }
        }
    }
}
