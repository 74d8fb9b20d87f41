using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>The innermost axes that a norm takes together.</summary>
internal sealed class NormalisedAxes
{
    private readonly int[] innermost;

    public NormalisedAxes(string module, Shape shape)
    {
        if (shape.Rank == 0 || shape.Count == 0) throw new ArgumentException($"{module}: needs a shape with axes, none of them empty, found {shape}.");
        innermost = [.. Enumerable.Range(1, shape.Rank).Select(axis => -axis)];
        Text = $"{module}({string.Join(", ", shape.ToArray())})";
    }

    /// <summary>One axis needs no reshape.</summary>
    public bool AreOne => innermost.Length == 1;

    /// <summary>From the last on.</summary>
    public ReadOnlySpan<int> Innermost => innermost;

    /// <summary>For example <c>LayerNorm(8, 8, 32)</c>.</summary>
    public string Text { get; }
}
