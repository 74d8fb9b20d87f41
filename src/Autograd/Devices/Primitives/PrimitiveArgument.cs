namespace ResearchFreeze.Autograd;

/// <summary>A range that a primitive takes.</summary>
/// <param name="Name">Its name in messages: the parameter's of the method.</param>
/// <param name="Use">What is done with it.</param>
public sealed record PrimitiveArgument(string Name, ArgumentUse Use)
{
    /// <summary>What its elements are; null: either reals or integers.</summary>
    public ElementKind? Kind { get; init; } = ElementKind.Real;

    /// <summary>Whether a call may do without.</summary>
    public bool IsOptional { get; init; }

    /// <summary>Whether its elements are part of the cost; not where there are a few, whatever the call's size.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>What a message says was expected.</summary>
    internal string Expected => Kind?.ToString() ?? $"{ElementKind.Real} or {ElementKind.Int32}";

    /// <summary>Whether elements of a kind may be given.</summary>
    internal bool Takes(ElementKind kind) => Kind is { } only ? kind == only : kind != ElementKind.BFloat16;

    /// <summary>How often the bytes of an element are moved.</summary>
    internal int Passes(float beta) => !IsCounted ? 0 : Use == ArgumentUse.Update || (Use == ArgumentUse.Accumulate && beta != 0) ? 2 : 1;
}
