export declare function attack(target: string): Promise<Record<string, string>>;
