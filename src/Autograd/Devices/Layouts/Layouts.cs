using System.Runtime.CompilerServices;

namespace ResearchFreeze.Autograd;

/// <summary>Six integers without a heap part.</summary>
[InlineArray(Shape.MaxRank)]
internal struct Axes
{
    private int first;
}

/// <summary>
/// How two operands of an element-wise operation are walked: extents of the output, outermost first, with the stride of each operand (0 where it repeats).
/// Neighbouring axes that are walked as one are merged, so equal shapes have rank 1 and a bias row has rank 2.
/// </summary>
public readonly struct ZipLayout
{
    private readonly Axes extents;
    private readonly Axes stridesA;
    private readonly Axes stridesB;

    /// <summary>The layout for operands of these shapes.</summary>
    /// <exception cref="ShapeException">They do not broadcast.</exception>
    public ZipLayout(Shape a, Shape b, string operation)
    {
        Output = Shape.Broadcast(a, b, operation);
        int strideA = 1, strideB = 1, rank = 0;
        Axes e = default, sa = default, sb = default;       // innermost first while building
        for (int back = 1; back <= Output.Rank; back++)
        {
            int extent = Output[^back];
            int ea = back <= a.Rank ? a[^back] : 1, eb = back <= b.Rank ? b[^back] : 1;
            int thisA = ea == 1 ? 0 : strideA, thisB = eb == 1 ? 0 : strideB;
            strideA *= ea;
            strideB *= eb;
            if (extent == 1) continue;
            if (rank > 0 && thisA == sa[rank - 1] * e[rank - 1] && thisB == sb[rank - 1] * e[rank - 1])
            {
                e[rank - 1] *= extent;
                continue;
            }
            e[rank] = extent;
            sa[rank] = thisA;
            sb[rank] = thisB;
            rank++;
        }
        Rank = rank;
        for (int i = 0; i < rank; i++)
        {
            extents[i] = e[rank - 1 - i];
            stridesA[i] = sa[rank - 1 - i];
            stridesB[i] = sb[rank - 1 - i];
        }
    }

    /// <summary>The broadcast shape.</summary>
    public Shape Output { get; }

    /// <summary>Axes after merging; 0 for a single element.</summary>
    public int Rank { get; }

    /// <summary>The extent of a merged axis, outermost first.</summary>
    public int Extent(int axis) => extents[axis];

    /// <summary>The first operand's stride along a merged axis, in elements.</summary>
    public int StrideA(int axis) => stridesA[axis];

    /// <summary>The second operand's stride along a merged axis, in elements.</summary>
    public int StrideB(int axis) => stridesB[axis];
}

/// <summary>
/// Which axes a reduction sums over: extents of the input, outermost first, each kept or summed. Neighbouring axes of one kind are merged, so kept and summed ones alternate:
/// a sum of everything has rank 1, a row sum (kept, summed), a column sum (summed, kept).
/// </summary>
public readonly struct ReduceLayout
{
    private readonly Axes extents;
    private readonly int keptMask;

    /// <summary>The layout for an input of this shape; bit i of <paramref name="summedAxes"/> is set where axis i is summed.</summary>
    public ReduceLayout(Shape input, int summedAxes)
    {
        Inputs = input.Count;
        int rank = 0, kept = 0, outputs = 1;
        for (int i = 0; i < input.Rank; i++)
        {
            bool isKept = (summedAxes & (1 << i)) == 0;
            if (isKept) outputs *= input[i];
            if (input[i] == 1) continue;
            bool merge = rank > 0 && ((kept >> (rank - 1)) & 1) == (isKept ? 1 : 0);
            if (merge)
            {
                extents[rank - 1] *= input[i];
                continue;
            }
            extents[rank] = input[i];
            if (isKept) kept |= 1 << rank;
            rank++;
        }
        Rank = rank;
        Outputs = outputs;
        keptMask = kept;
    }

    /// <summary>Elements of the input.</summary>
    public int Inputs { get; }

    /// <summary>Elements of the output.</summary>
    public int Outputs { get; }

    /// <summary>Axes after merging; 0 for a single element.</summary>
    public int Rank { get; }

    /// <summary>The extent of a merged axis, outermost first.</summary>
    public int Extent(int axis) => extents[axis];

    /// <summary>Whether a merged axis is kept.</summary>
    public bool IsKept(int axis) => ((keptMask >> axis) & 1) != 0;

    /// <summary>The shape that reducing these axes leaves; with <paramref name="keepAxes"/> they stay, with extent 1.</summary>
    public static Shape ResultOf(Shape input, int reducedAxes, bool keepAxes)
    {
        Span<int> kept = stackalloc int[Shape.MaxRank];
        int rank = 0;
        for (int axis = 0; axis < input.Rank; axis++)
        {
            bool reduced = (reducedAxes >> axis & 1) != 0;
            if (!reduced || keepAxes) kept[rank++] = reduced ? 1 : input[axis];
        }
        return new Shape(kept[..rank]);
    }

    /// <summary>The layout that sums a broadcast output's gradient back to an operand's shape.</summary>
    public static ReduceLayout ToOperand(Shape output, Shape operand)
    {
        int summed = 0;
        for (int i = 0; i < output.Rank; i++)
        {
            int j = i - (output.Rank - operand.Rank);
            if (j < 0 || (operand[j] == 1 && output[i] != 1)) summed |= 1 << i;
        }
        return new ReduceLayout(output, summed);
    }
}

/// <summary>
/// A matrix product C[M,N] ← op(A)[M,K] · op(B)[K,N] + beta·C, row-major, repeated <see cref="Batch"/> times with strides (0 repeats an operand). Leading dimensions are row lengths as stored.
/// </summary>
public readonly record struct GemmShape(
    int M, int N, int K, bool TransposeA, bool TransposeB, int LeadingA, int LeadingB, int LeadingC, int Batch, int StrideA, int StrideB, int StrideC)
{
    /// <summary>A single product of contiguous matrices.</summary>
    public static GemmShape Of(int m, int n, int k, bool transposeA = false, bool transposeB = false) =>
        new(m, n, k, transposeA, transposeB, transposeA ? m : k, transposeB ? k : n, n, 1, 0, 0, 0);

    /// <summary>The same product for each of a batch.</summary>
    public GemmShape Batched(int batch, int strideA, int strideB, int strideC) =>
        this with { Batch = batch, StrideA = strideA, StrideB = strideB, StrideC = strideC };

    /// <summary>Nominal floating-point operations: 2·M·N·K a product.</summary>
    public long Flops => 2L * M * N * K * Batch;

    /// <summary>Elements of A that are touched.</summary>
    public int LengthA => Span(TransposeA ? K : M, TransposeA ? M : K, LeadingA, StrideA);

    /// <summary>Elements of B that are touched.</summary>
    public int LengthB => Span(TransposeB ? N : K, TransposeB ? K : N, LeadingB, StrideB);

    /// <summary>Elements of C that are touched.</summary>
    public int LengthC => Span(M, N, LeadingC, StrideC);

    private int Span(int rows, int columns, int leading, int stride) =>
        rows == 0 || columns == 0 || Batch == 0 ? 0 : checked(((Batch - 1) * stride) + ((rows - 1) * leading) + columns);
}

/// <summary>An activation that a product can apply to its result before storing it. Each derivative follows from the output alone.</summary>
public enum Activation
{
    /// <summary>Identity.</summary>
    None,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>tanh x.</summary>
    Tanh,

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    Sigmoid,
}

/// <summary>Cross entropy of rows of logits against integer labels, in PyTorch's convention: mean over the rows that are not ignored, weighted by their label's weight.</summary>
/// <param name="Rows">Rows of logits.</param>
/// <param name="Classes">Columns.</param>
/// <param name="Smoothing">Label smoothing ε in [0, 1): the target is (1−ε)·onehot + ε/classes.</param>
/// <param name="IgnoreIndex">Rows with this label count nothing.</param>
public readonly record struct CrossEntropyShape(int Rows, int Classes, float Smoothing, int IgnoreIndex);

/// <summary>One SGD update: g' = s·g + decay·w; v ← momentum·v + g'; w ← w − rate·(nesterov ? g' + momentum·v : v), s the guard's factor.</summary>
public readonly record struct SgdStep(float Rate, float Momentum, bool Nesterov, float WeightDecay);

/// <summary>One AdamW update (decoupled decay; L2 decay as in Adam where <paramref name="Coupled"/>), with the parameter's own step count (1 at its first update) for bias correction.</summary>
public readonly record struct AdamStep(float Rate, float Beta1, float Beta2, float Epsilon, float WeightDecay, bool Coupled, int Step);

/// <summary>A key for one dropout call: seed and stream name the module, step the call; element i draws Philox(counter = (i / 4, step), key)[i mod 4].</summary>
public readonly record struct DropoutKey(ulong Stream, ulong Step, float Probability)
{
    /// <summary>Elements whose integer is below this are dropped.</summary>
    public uint Threshold => (uint)Math.Min(Math.Round(Probability * 4294967296.0), uint.MaxValue);

    /// <summary>What the rest are multiplied with: 1 / (1 − p).</summary>
    public float Scale => 1f / (1f - Probability);
}

/// <summary>What <see cref="Device.Norm(NormKind, TensorRange, TensorRange, TensorRange)"/> sums.</summary>
public enum NormKind
{
    /// <summary>Σ x².</summary>
    SquaredL2,

    /// <summary>Σ |x|.</summary>
    L1,

    /// <summary>Σ (x − y)².</summary>
    SquaredDistance,
}
