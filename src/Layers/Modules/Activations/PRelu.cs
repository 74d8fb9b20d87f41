using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>x where x > 0, else slope·x, with slopes that are learnt (He et al. 2015).</summary>
public sealed class PRelu : Module
{
    /// <summary>Slopes that start equal.</summary>
    /// <param name="channels">How many: 1 for all elements, or as many as the innermost axis has.</param>
    /// <param name="start">Where they start.</param>
    public PRelu(int channels = 1, float start = 0.25f)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        Slope = Register(nameof(Slope), [channels], (_, _, values) => values.Fill(start));
    }

    /// <summary>The slopes (channels).</summary>
    public Parameter Slope { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.PRelu(Slope.Value);
    }

    /// <summary>For example <c>PRelu(16)</c>.</summary>
    public override string ToString() => $"PRelu({Slope.Shape[0]})";
}
