using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>Adds a trainable row to each place: (n, places, width) + (places, width), of a table with as many rows as there may be places. Rows behind the last place have a gradient of zero.</summary>
public sealed class LearnedPositions : Module
{
    /// <summary>A table for this many places.</summary>
    /// <param name="places">The most there may be.</param>
    /// <param name="width">Of a place.</param>
    /// <param name="initializer">The start; normal with deviation 0.02 if none is given, as in BERT and GPT-2.</param>
    public LearnedPositions(int places, int width, Initializer? initializer = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(places);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        Weight = Register(nameof(Weight), [places, width], initializer ?? Initializers.Normal(0.02));
    }

    /// <summary>The table (places, width).</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Shape table = Weight.Shape;
        if (input.Shape.Rank != 3 || input.Shape[2] != table[1] || input.Shape[1] > table[0]) throw new ShapeException($"positions '{Path}': need (n, up to {table[0]} places, {table[1]}), found {input.Shape}.");
        if (input.Shape[1] == table[0]) return input + Weight.Value;
        using Tensor rows = Weight.Value.Slice(0, 0, input.Shape[1]);
        return input + rows;
    }

    /// <summary>For example <c>LearnedPositions(512, 384)</c>.</summary>
    public override string ToString() => $"LearnedPositions({Weight.Shape[0]}, {Weight.Shape[1]})";
}
