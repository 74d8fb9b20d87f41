using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>Two encoders side by side, whose outputs meet in the loss; or one encoder for both inputs.</summary>
internal sealed class Towers : ModuleBase
{
    private readonly Device device;
    private readonly Module one, other;
    private readonly Module? after;

    /// <summary>Towers on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="isSiamese">Whether both inputs go through one encoder, the only child.</param>
    /// <param name="projects">Whether a layer stands behind, on the difference.</param>
    public Towers(Device device, bool isSiamese, bool projects = false)
    {
        this.device = device;
        one = Register(isSiamese ? "encoder" : "image", Encoder());
        other = isSiamese ? one : Register("text", Encoder());
        after = projects ? Register("projection", new Linear(3, 2)) : null;
        Initialize(device, 1);
    }

    public Tensor Loss()
    {
        Tensor a = one.Forward(Tensor.Full(device, [2, 4], 1)), b = other.Forward(Tensor.Full(device, [2, 4], 2));
        Tensor difference = a - b;
        return (after?.Forward(difference) ?? difference).Square().Sum();
    }

    public void Backward()
    {
        using var scope = new Scope();
        Loss().Backward();
    }

    private static Sequential Encoder() => new(("a", new Linear(4, 5, activation: Activation.Tanh)), ("b", new Linear(5, 3)));
}
