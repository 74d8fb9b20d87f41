namespace ResearchFreeze.Autograd;

/// <summary>
/// C = op(A)·op(B) for matrices or batches of them. Leading axes are a batch: the same for both, or absent for one operand, which is then used for every product.
/// dA = dC·op(B)ᵀ, dB = op(A)ᵀ·dC, each stored as its operand is: transposes are flags, never copies.
/// </summary>
public sealed class MatMulFunction(bool transposeA, bool transposeB) : Function
{
    private const int A = 0, B = 1;

    /// <inheritdoc/>
    public override string Name => "matmul";

    /// <inheritdoc/>
    public override Tensor Forward(ForwardContext context, ReadOnlySpan<TensorBase> inputs)
    {
        Layout layout = LayoutOf(inputs[0].Shape, inputs[1].Shape);
        Shape batched = inputs[0].Shape.Rank >= inputs[1].Shape.Rank ? inputs[0].Shape : inputs[1].Shape;
        Tensor c = context.Result(batched.With(^2, layout.M).With(^1, layout.N));
        GemmShape shape = GemmShape.Of(layout.M, layout.N, layout.K, transposeA, transposeB)
            .Batched(layout.Batch, layout.StrideA, layout.StrideB, layout.M * layout.N);
        context.Device.Gemm(shape, inputs[0].Range, inputs[1].Range, c.Range);
        context.Save(A, inputs[0], InputSet.Of(1));
        context.Save(B, inputs[1], InputSet.Of(0));
        return c;
    }

    /// <inheritdoc/>
    public override void Backward(int input, BackwardContext context, Tensor dy, GradTarget dx)
    {
        Layout l = LayoutOf(context.InputShape(0), context.InputShape(1));
        int strideC = l.M * l.N;
        TensorRange dc = dy.Range;
        if (input == 0)
        {
            TensorRange b = context.Saved(B).Range;
            if (transposeA) Products(context.Device, GemmShape.Of(l.K, l.M, l.N, transposeB, true), l.Batch, b, l.StrideB, dc, strideC, dx, l.StrideA);
            else Products(context.Device, GemmShape.Of(l.M, l.K, l.N, false, !transposeB), l.Batch, dc, strideC, b, l.StrideB, dx, l.StrideA);
            return;
        }
        TensorRange a = context.Saved(A).Range;
        if (transposeB) Products(context.Device, GemmShape.Of(l.N, l.K, l.M, true, transposeA), l.Batch, dc, strideC, a, l.StrideA, dx, l.StrideB);
        else Products(context.Device, GemmShape.Of(l.K, l.N, l.M, !transposeA, false), l.Batch, a, l.StrideA, dc, strideC, dx, l.StrideB);
    }

    private static void Products(
        Device device, GemmShape shape, int batch, TensorRange x, int strideX, TensorRange y, int strideY, GradTarget target, int strideTarget)
    {
        TensorRange to = target.Open(out float beta);
        if (batch == 1 || strideTarget != 0)
        {
            device.Gemm(shape.Batched(batch, strideX, strideY, strideTarget), x, y, to, beta);
            return;
        }
        // The operand served every product of the batch: its gradient is the sum of theirs.
        for (int i = 0; i < batch; i++)
        {
            device.Gemm(shape, x.Slice(i * strideX, shape.LengthA), y.Slice(i * strideY, shape.LengthB), to, i == 0 ? beta : 1);
        }
        if (batch == 0 && beta == 0) device.Fill(to, 0);
    }

    private Layout LayoutOf(Shape a, Shape b)
    {
        if (a.Rank < 2 || b.Rank < 2) throw new ShapeException($"matmul: needs matrices, found shapes {a} and {b}.");
        int m = transposeA ? a[^1] : a[^2], k = transposeA ? a[^2] : a[^1];
        int n = transposeB ? b[^2] : b[^1], kb = transposeB ? b[^1] : b[^2];
        if (k != kb) throw new ShapeException($"matmul: inner extents differ, {k} in {a}{(transposeA ? "ᵀ" : "")} and {kb} in {b}{(transposeB ? "ᵀ" : "")}.");
        int batchA = a.CountOf(0, a.Rank - 2), batchB = b.CountOf(0, b.Rank - 2);
        bool sameBatch = a.Rank == b.Rank;
        for (int i = 0; sameBatch && i < a.Rank - 2; i++) sameBatch = a[i] == b[i];
        if (!sameBatch && a.Rank != 2 && b.Rank != 2) throw new ShapeException($"matmul: batches differ in {a} and {b}; they must be the same, or one operand a matrix.");
        return new Layout(m, n, k, Math.Max(a.Rank, b.Rank) == 2 ? 1 : a.Rank > 2 ? batchA : batchB, a.Rank == 2 ? 0 : m * k, b.Rank == 2 ? 0 : k * n);
    }

    private readonly record struct Layout(int M, int N, int K, int Batch, int StrideA, int StrideB);
}

public sealed partial class Tensor
{
    private static readonly MatMulFunction[] MatMulInstances = [new(false, false), new(false, true), new(true, false), new(true, true)];

    /// <summary>
    /// The matrix product op(this)·op(other) of matrices or batches of matrices. Batches broadcast: a matrix without one serves all products as it is; what is repeated along some axes of the batch is written out first.
    /// </summary>
    /// <exception cref="ShapeException">Inner extents differ, or the batches do not broadcast.</exception>
    public Tensor MatMul(Tensor other, bool transposeThis = false, bool transposeOther = false)
    {
        ArgumentNullException.ThrowIfNull(other);
        Tensor a = this, b = other;
        if (a.Shape.Rank > 2 && b.Shape.Rank > 2 && BatchOf(a.Shape) != BatchOf(b.Shape))
        {
            Shape batch = Shape.Broadcast(BatchOf(a.Shape), BatchOf(b.Shape), "matmul");
            (a, b) = (a.Expand([.. batch.ToArray(), a.Shape[^2], a.Shape[^1]]), b.Expand([.. batch.ToArray(), b.Shape[^2], b.Shape[^1]]));
        }
        return MatMulInstances[(transposeThis ? 2 : 0) + (transposeOther ? 1 : 0)].Apply([a, b]);
    }

    private static Shape BatchOf(Shape matrices) => Shape.Create(matrices.ToArray().AsSpan(0, matrices.Rank - 2));
}
