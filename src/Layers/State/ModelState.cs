using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A model's own part of a checkpoint: parameters, buffers, which parameters are frozen, and the positions of its random streams (<see cref="Dropout"/>). A tied parameter is there once. Update masks and whether a module is in
/// training mode are not: who sets them does so where the model is built.
/// </summary>
public sealed class ModelState : IStateful
{
    private readonly ModuleBase model;

    /// <summary>The state of a model that has its memory.</summary>
    public ModelState(ModuleBase model)
    {
        ArgumentNullException.ThrowIfNull(model);
        this.model = model;
    }

    /// <inheritdoc/>
    public void SaveState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        StateTree values = state.Branch("values"), modules = state.Branch("modules");
        foreach (Parameter parameter in model.Parameters()) values.Refer(parameter.Path, parameter.Value);
        foreach (ModuleBuffer buffer in model.Buffers()) values.Refer(buffer.Path, buffer.Value);
        state.Set("frozen", [.. model.Parameters().Select(parameter => parameter.IsFrozen ? 1L : 0)]);
        foreach ((ModuleBase module, IStateful part) in Stateful()) part.SaveState(modules.Branch(module.Path));
    }

    /// <inheritdoc/>
    public Action ReadState(StateTree state)
    {
        ArgumentNullException.ThrowIfNull(state);
        StateTree values = state.Branch("values"), modules = state.Branch("modules");
        Parameter[] parameters = [.. model.Parameters()];
        ModuleBuffer[] buffers = [.. model.Buffers()];
        SafetensorsEntry[] weights = [.. parameters.Select(parameter => values.Entry(parameter.Path, parameter.Shape))];
        SafetensorsEntry[] moments = [.. buffers.Select(buffer => values.Entry(buffer.Path, buffer.Shape))];
        long[] frozen = state.Integers("frozen", parameters.Length, 0, 1);
        Action[] streams = [.. Stateful().Select(pair => pair.Part.ReadState(modules.Branch(pair.Module.Path)))];
        return () =>
        {
            for (int i = 0; i < parameters.Length; i++)
            {
                weights[i].CopyTo(parameters[i].Value);
                parameters[i].IsFrozen = frozen[i] != 0;
            }
            for (int i = 0; i < buffers.Length; i++) moments[i].CopyTo(buffers[i].Value);
            Array.ForEach(streams, change => change());
        };
    }

    private IEnumerable<(ModuleBase Module, IStateful Part)> Stateful() => model.Modules().Where(module => module is IStateful).Select(module => (module, (IStateful)module));
}
