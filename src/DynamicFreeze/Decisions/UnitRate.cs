namespace ResearchFreeze.DynamicFreeze;

/// <summary>What a unit's learning rate is multiplied with from a step on.</summary>
/// <param name="Unit">The unit's place.</param>
/// <param name="Scale">The factor.</param>
public readonly record struct UnitRate(int Unit, float Scale);
