using ResearchFreeze.Layers;

namespace ResearchFreeze.DynamicFreeze;

/// <summary>One unit to be: its name and every use of a parameter in it.</summary>
internal readonly record struct UnitGroup(string Path, IReadOnlyList<NamedParameter> Uses);
