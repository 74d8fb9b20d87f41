using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// Uses a module once more that is registered elsewhere in the model: the same parameters, whose gradients add up. It has nothing of its own: parameters, state, mode, unit and freezing are those of the place where the module is
/// registered.
/// </summary>
/// <param name="module">Registered elsewhere.</param>
public sealed class Shared(Module module) : Module
{
    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The module is part of no model, or of another: nobody would train it with this one.</exception>
    public override Tensor Forward(Tensor input)
    {
        if (Root(module) != Root(this)) throw new InvalidOperationException($"'{Path}': the module that it shares, {module}, is not registered in the same model.");
        return module.Forward(input);
    }

    /// <inheritdoc/>
    internal override ModuleBase? Borrowed => module;

    /// <summary>For example <c>Shared(encoder.fc1)</c>.</summary>
    public override string ToString() => $"Shared({(module.Path.Length == 0 ? module.ToString() : module.Path)})";

    private static ModuleBase Root(ModuleBase node)
    {
        while (node.Parent is { } parent) node = parent;
        return node;
    }
}
