using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>A parameter under one of its names. A tied parameter has several; <see cref="Parameter.Path"/> is the first.</summary>
/// <param name="Path">The dotted path of the module that uses it, and its name there.</param>
/// <param name="Parameter">The parameter.</param>
public readonly record struct NamedParameter(string Path, Parameter Parameter)
{
    /// <summary>The extents.</summary>
    public Shape Shape => Parameter.Shape;

    /// <summary>Whether it is frozen.</summary>
    public bool IsFrozen => Parameter.IsFrozen;
}
