namespace ResearchFreeze.Data;

/// <summary>Which samples are read: a batch of an epoch, a part of it, and where that lies in it.</summary>
internal readonly record struct BatchPlace(int Epoch, int Index, int Part, int Start, int Count);
