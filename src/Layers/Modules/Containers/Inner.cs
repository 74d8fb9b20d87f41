using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A result between two modules of one block, which makes it, uses it and drops it in one call: <c>using Inner a = new(conv.Forward(x));</c>. Its handle is used again, so that what a step allocates does not grow with its blocks.</summary>
/// <param name="tensor">A new handle of a module of this library; one of a user's module may be kept there.</param>
internal readonly ref struct Inner(Tensor? tensor)
{
    /// <summary>The result.</summary>
    public static implicit operator Tensor(Inner inner) => inner.Value!;

    private Tensor? Value { get; } = tensor;

    /// <summary>Releases it.</summary>
    public void Dispose() => Value?.Recycle();
}
