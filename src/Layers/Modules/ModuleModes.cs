namespace ResearchFreeze.Layers;

/// <summary>The mode of each module of a model at one moment, put back when this is disposed: see <see cref="ModuleBase.EvalScope"/>.</summary>
public sealed class ModuleModes : IDisposable
{
    private readonly List<(ModuleBase Module, bool IsTraining)> modes = [];

    internal ModuleModes(ModuleBase root) => Take(root);

    /// <summary>Gives every module its mode of that moment back. Once: later changes of the caller's stay.</summary>
    public void Dispose()
    {
        foreach ((ModuleBase module, bool isTraining) in modes) module.IsTraining = isTraining;
        modes.Clear();
    }

    private void Take(ModuleBase module)
    {
        modes.Add((module, module.IsTraining));
        foreach (ModuleBase child in module.Children) Take(child);
    }
}
