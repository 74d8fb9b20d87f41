namespace ResearchFreeze.Autograd;

/// <summary>
/// A product as cuBLAS wants it. Its matrices are stored by columns: ours, read that way, are their transposes, so Cᵀ = op(B)ᵀ · op(A)ᵀ is asked for, with B as the first operand.
/// </summary>
internal readonly record struct CuBlasCall(bool TransposeFirst, bool TransposeSecond, int M, int N, int K, int LeadingFirst, int LeadingSecond, int LeadingC)
{
    /// <summary>The call for a single product.</summary>
    public static CuBlasCall Of(in GemmShape shape) =>
        new(shape.TransposeB, shape.TransposeA, shape.N, shape.M, shape.K, shape.LeadingB, shape.LeadingA, shape.LeadingC);

    /// <summary>Whether cuBLAS does it: single products, with a bias and an activation only where they can be applied in place afterwards.</summary>
    public static bool Takes(in GemmShape shape, float beta, bool hasEpilogue) =>
        shape.Batch == 1 && shape.K > 0 && (!hasEpilogue || (beta == 0 && shape.LeadingC == shape.N));
}
