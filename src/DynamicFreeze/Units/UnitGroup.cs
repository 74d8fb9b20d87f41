using ResearchFreeze.Autograd;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>One unit to be: its name and the parameters it uses.</summary>
internal readonly record struct UnitGroup(string Path, IReadOnlyList<Parameter> Parameters);
