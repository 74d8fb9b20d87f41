namespace ResearchFreeze.Autograd;

/// <summary>Inputs of an operation that have no gradient: running moments, class weights.</summary>
internal static class ConstantInput
{
    /// <summary>Refuses one whose gradient is wanted, before anything is computed: the backward pass would have none to give.</summary>
    /// <exception cref="ArgumentException">It is a parameter that trains, or was computed from one.</exception>
    public static void Require(string operation, string name, TensorBase input)
    {
        if (!GradMode.IsEnabled || input is not Tensor { RequiresGrad: true } tensor) return;
        string found = tensor.Leaf is { } parameter ? $"parameter '{parameter.Path}', which trains" : "a tensor computed from parameters that train";
        throw new ArgumentException($"{operation}: {name} is a constant without a gradient, found {found}; freeze the parameter or give a tensor made under GradMode.Disable().");
    }
}
