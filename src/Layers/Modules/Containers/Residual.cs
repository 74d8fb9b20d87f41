using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>y = x + body(x), or shortcut(x) + body(x) where the shape changes (He et al. 2016).</summary>
public sealed class Residual : Module, IResidualBranch
{
    private readonly Module body;
    private readonly Module? shortcut;

    /// <summary>A residual block; its body's output must have the input's (or the shortcut's) shape.</summary>
    public Residual(Module body, Module? shortcut = null)
    {
        this.body = Register(nameof(body), body);
        if (shortcut is not null) this.shortcut = Register(nameof(shortcut), shortcut);
    }

    /// <inheritdoc/>
    public bool IsCut { get; set; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor input)
    {
        using BranchInput branch = BranchInput.Of(input, IsCut);
        using Tensor y = body.Forward(branch.Tensor);
        using Tensor? skip = shortcut?.Forward(input);
        Shape expected = (skip ?? input).Shape;
        if (y.Shape != expected) throw new ShapeException($"residual '{Path}': body gives {y.Shape}, the shortcut {expected}.");
        return (skip ?? input) + y;
    }

    /// <summary>For example <c>Residual(Sequential(2))</c>.</summary>
    public override string ToString() => shortcut is null ? $"Residual({body})" : $"Residual({body}, {shortcut})";
}
