namespace ResearchFreeze.Autograd;

/// <summary>The description of every primitive; see <see cref="PrimitiveDescription"/>. One that is missing here has not landed: tests hold the list against <see cref="Primitive"/> and against the kernels that there are.</summary>
public static partial class Primitives
{
    private static readonly PrimitiveDescription[] Descriptions =
        [.. ((IEnumerable<PrimitiveDescription>)[.. Transfers, .. Elementwise, .. BFloat16s, .. Sums, .. Views, .. Products, .. Pooling, .. Normalisation, .. Rows, .. Indices, .. Cells, .. Attentions, .. Steps]).OrderBy(description => description.Primitive)];

    /// <summary>The descriptions, in the order of <see cref="Primitive"/>.</summary>
    public static IReadOnlyList<PrimitiveDescription> All => Descriptions;

    /// <summary>A primitive's description.</summary>
    public static PrimitiveDescription Of(Primitive primitive) => Descriptions[(int)primitive];

    private static PrimitiveArgument Reads(string name) => new(name, ArgumentUse.Read);

    private static PrimitiveArgument Writes(string name) => new(name, ArgumentUse.Write);

    /// <summary>y ← result + beta·y.</summary>
    private static PrimitiveArgument Adds(string name) => new(name, ArgumentUse.Accumulate);

    private static PrimitiveArgument Updates(string name) => new(name, ArgumentUse.Update);

    private static PrimitiveArgument Optional(PrimitiveArgument argument) => argument with { IsOptional = true };

    private static PrimitiveArgument Integers(PrimitiveArgument argument) => argument with { Kind = ElementKind.Int32 };

    private static PrimitiveArgument BFloat16(PrimitiveArgument argument) => argument with { Kind = ElementKind.BFloat16 };

    /// <summary>Elements of either kind.</summary>
    private static PrimitiveArgument Any(PrimitiveArgument argument) => argument with { Kind = null };

    /// <summary>A few elements that are no part of the cost.</summary>
    private static PrimitiveArgument Few(PrimitiveArgument argument) => argument with { IsCounted = false };

    /// <summary>Kernels of a class.</summary>
    private static string[] Kernels(string type, params string[] names) => Array.ConvertAll(names, name => $"{type}.{name}");

    /// <summary>The product kernel for these operands, and the one that adds up its chunks.</summary>
    private static string[] ProductOf(params (string A, string B)[] operands) =>
        [.. operands.Select(pair => $"{nameof(ProductKernels)}.{nameof(ProductKernels.Tiled)}.{pair.A}.{pair.B}"), $"{nameof(ChunkKernels)}.{nameof(ChunkKernels.Add)}"];
}
