namespace ResearchFreeze.Autograd;

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
