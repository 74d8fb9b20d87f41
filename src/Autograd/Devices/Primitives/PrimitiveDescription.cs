namespace ResearchFreeze.Autograd;

/// <summary>
/// A primitive, described once. Its arguments are what every call is checked against and what its cost follows from; its cases are the parity tests of every device and <c>freeze doctor</c>; its kernels
/// are compiled to PTX and assembled without a card.
/// </summary>
/// <param name="primitive">Its name.</param>
/// <param name="arguments">The ranges it takes, in the order in which its method passes them on.</param>
public sealed class PrimitiveDescription(Primitive primitive, params PrimitiveArgument[] arguments)
{
    /// <summary>Under which it is counted.</summary>
    public Primitive Primitive { get; } = primitive;

    /// <summary>The ranges it takes.</summary>
    public IReadOnlyList<PrimitiveArgument> Arguments => arguments;

    /// <summary>The kernels that a GPU may launch for it, by class and method (products: with their operands); none where the driver copies.</summary>
    public required IReadOnlyList<string> Kernels { get; init; }

    /// <summary>Draws operands, which the host makes, and calls the primitive on shapes that matter: ends of groups and tiles, 1, primes, nothing at all, shapes drawn at random; every flag, beta 0, 1 and another. Nothing else that computes.</summary>
    public required Action<PrimitiveBench> Cases { get; init; }

    /// <summary>Allowed |difference| / (1 + |expected|) on a float32 device.</summary>
    public double Tolerance { get; init; } = 2e-6;

    /// <summary>Whether it multiplies operands that a device's <see cref="Precision"/> rounds.</summary>
    internal bool IsProduct => Primitive is Primitive.Gemm or Primitive.Conv2d or Primitive.Conv2dInputGradient or Primitive.Conv2dWeightGradient;

    internal ReadOnlySpan<PrimitiveArgument> ArgumentSpan => arguments;

    /// <summary>For example <c>Gemm(a, b, [bias], c)</c>.</summary>
    public override string ToString() => $"{Primitive}({string.Join(", ", Arguments.Select(argument => argument.IsOptional ? $"[{argument.Name}]" : argument.Name))})";
}
