using System.Numerics;
using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Runs of elements, each normalised by its own moments.</summary>
internal unsafe struct LayerNormWork : IRangeWork
{
    public GroupNormShape Shape;
    public float* X;
    public float* Gamma;
    public float* Bias;
    public float* Y;
    public float* State;

    public readonly void Run(int start, int end)
    {
        int length = Shape.GroupChannels, all = Shape.Batch * Shape.Groups;
        for (int item = start; item < end; item++)
        {
            int first = item % Shape.Groups * length;
            float* x = X + ((nint)item * length);
            double mean = Shape.IsCentered ? CpuSums.Of<PlainTerm>(x, x, length) / length : 0;
            float center = (float)mean;
            double off = mean - center;                             // about the exact mean rather than its float
            float reciprocal = (float)(1 / Math.Sqrt(Math.Max(0, (SquaredDistance(x, center, length) / length) - (off * off)) + Shape.Epsilon));
            if (State != null)
            {
                State[item] = center;
                State[all + item] = reciprocal;
            }
            Normalize(x, center, reciprocal, Gamma + first, Bias == null ? null : Bias + first, Y + ((nint)item * length), length);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Normalize(float* x, float center, float reciprocal, float* gamma, float* bias, float* y, int length)
    {
        int i = 0, width = Lanes.Count;
        Vector<float> middle = new(center), factor = new(reciprocal);
        if (bias == null)
        {
            for (; i <= length - width; i += width) ((Lanes.Load(x + i) - middle) * factor * Lanes.Load(gamma + i)).Store(y + i);
        }
        else
        {
            for (; i <= length - width; i += width) (((Lanes.Load(x + i) - middle) * factor * Lanes.Load(gamma + i)) + Lanes.Load(bias + i)).Store(y + i);
        }
        if (i == length) return;
        int rest = length - i;
        Vector<float> last = (Lanes.Load(x + i, rest) - middle) * factor * Lanes.Load(gamma + i, rest);
        Lanes.Store(bias == null ? last : last + Lanes.Load(bias + i, rest), y + i, rest);
    }

    /// <summary>Σ (x − center)² of a run, blocks in float lanes, blocks in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquaredDistance(float* x, float center, int length)
    {
        const int Block = 1024;
        int width = Lanes.Count;
        var middle = new Vector<float>(center);
        double total = 0;
        for (int start = 0; start < length; start += Block)
        {
            int i = start, end = Math.Min(start + Block, length);
            Vector<float> even = default, odd = default;
            for (; i <= end - (2 * width); i += 2 * width)
            {
                Vector<float> a = Lanes.Load(x + i) - middle, b = Lanes.Load(x + i + width) - middle;
                even += a * a;
                odd += b * b;
            }
            for (; i < end; i += width)
            {
                // Missing lanes are zero, which is no distance of zero: they are cleared after it.
                Vector<float> distance = Vector.ConditionalSelect(Lanes.From(end - i).As<int, float>(), Vector<float>.Zero, Lanes.Load(x + i, end - i) - middle);
                even += distance * distance;
            }
            Vector.Widen(even + odd, out Vector<double> low, out Vector<double> high);
            total += Vector.Sum(low + high);
        }
        return total;
    }
}

/// <summary>The input gradient of <see cref="LayerNormWork"/>.</summary>
internal unsafe struct LayerNormGradientWork : IRangeWork
{
    public GroupNormShape Shape;
    public float* X;
    public float* State;
    public float* Gamma;
    public float* OutputGradient;
    public float* InputGradient;
    public float Beta;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Run(int start, int end)
    {
        int length = Shape.GroupChannels, width = Lanes.Count, all = Shape.Batch * Shape.Groups;
        for (int item = start; item < end; item++)
        {
            nint at = (nint)item * length;
            float* x = X + at, dy = OutputGradient + at, dx = InputGradient + at, gamma = Gamma + (item % Shape.Groups * length);
            Vector<float> middle = new(State[item]), factor = new(State[all + item]);
            (double sum, double product) = Sums(x, dy, gamma, middle, factor, length);
            Vector<float> mean = new(Shape.IsCentered ? (float)(sum / length) : 0), slope = new((float)(product / length));
            int i = 0;
            for (; i <= length - width; i += width)
            {
                Vector<float> normal = (Lanes.Load(x + i) - middle) * factor;
                Lanes.Accumulate(factor * ((Lanes.Load(dy + i) * Lanes.Load(gamma + i)) - mean - (normal * slope)), dx + i, Beta);
            }
            if (i == length) continue;
            int rest = length - i;
            Vector<float> last = (Lanes.Load(x + i, rest) - middle) * factor;
            Lanes.Accumulate(factor * ((Lanes.Load(dy + i, rest) * Lanes.Load(gamma + i, rest)) - mean - (last * slope)), dx + i, rest, Beta);
        }
    }

    /// <summary>Σ dy·γ and Σ dy·γ·x̂ of a run, blocks in float lanes, blocks in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Sum, double Product) Sums(float* x, float* dy, float* gamma, Vector<float> middle, Vector<float> factor, int length)
    {
        const int Block = 1024;
        int width = Lanes.Count;
        double totalSum = 0, totalProduct = 0;
        for (int start = 0; start < length; start += Block)
        {
            int i = start, end = Math.Min(start + Block, length);
            Vector<float> sum = default, product = default;
            for (; i <= end - width; i += width)
            {
                Vector<float> scaled = Lanes.Load(dy + i) * Lanes.Load(gamma + i);
                sum += scaled;
                product += scaled * ((Lanes.Load(x + i) - middle) * factor);
            }
            if (i < end)
            {
                // dy's missing lanes are zero, so nothing of them is added.
                Vector<float> scaled = Lanes.Load(dy + i, end - i) * Lanes.Load(gamma + i, end - i);
                sum += scaled;
                product += scaled * ((Lanes.Load(x + i, end - i) - middle) * factor);
            }
            Vector.Widen(sum, out Vector<double> a, out Vector<double> b);
            Vector.Widen(product, out Vector<double> c, out Vector<double> d);
            totalSum += Vector.Sum(a + b);
            totalProduct += Vector.Sum(c + d);
        }
        return (totalSum, totalProduct);
    }
}

/// <summary>Each chunk of rows' part of γ's gradient: Σ dy·x̂, in float lanes over the chunk.</summary>
internal unsafe struct LayerNormScaleWork : IRangeWork
{
    public GroupNormShape Shape;
    public ChannelBlocks Blocks;
    public float* X;
    public float* State;
    public float* OutputGradient;
    public double* Sums;
    public float* Partial;

    public readonly void Run(int start, int end)
    {
        int channels = Shape.Channels, length = Shape.GroupChannels, groups = Shape.Groups, all = Shape.Batch * groups;
        float* lanes = Partial + ((long)start * channels);
        for (int chunk = start; chunk < end; chunk++)
        {
            new Span<float>(lanes, channels).Clear();
            int first = chunk * Blocks.ChunkRows * groups, last = first + (Blocks.RowsOf(chunk) * groups);
            for (int item = first; item < last; item++)
                AddRow(X + ((nint)item * length), OutputGradient + ((nint)item * length), State[item], State[all + item], lanes + (item % groups * length), length);
            double* sums = Sums + ((long)chunk * channels);
            for (int c = 0; c < channels; c++) sums[c] = lanes[c];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(float* x, float* dy, float center, float reciprocal, float* lanes, int length)
    {
        int i = 0, width = Lanes.Count;
        Vector<float> middle = new(center), factor = new(reciprocal);
        for (; i <= length - width; i += width) (Lanes.Load(lanes + i) + (Lanes.Load(dy + i) * ((Lanes.Load(x + i) - middle) * factor))).Store(lanes + i);
        if (i == length) return;
        int rest = length - i;
        Vector<float> last = Lanes.Load(dy + i, rest) * ((Lanes.Load(x + i, rest) - middle) * factor);
        Lanes.Accumulate(last, lanes + i, rest, 1);
    }
}
